//! Files of approvals that were signed offline.

use super::before::consent;
use maud::{Markup, html};

/// The page.
pub fn submit() -> Markup {
    html! {
        h1 { "Submit what approvers signed" }
        p { "Choose the files that approvers signed for one action. They are checked here; the wallet \
             sends all of them in one transaction, and its account need not be an approver." }
        p {
            label for="files" { "Signed approvals" } " "
            input #files type="file" accept="application/json,.json" multiple;
        }
        p { button #check type="button" { "Check the files" } }
        p.sentence #sentence {}
        dl.fields #digest-list {}
        ul.cards #cards {}
        p #consent hidden { (consent("every danger, and what was not checked,")) }
        p { button #do type="button" data-do="submit" hidden { "Send with the wallet" } }
        p #done role="status" {}
        div #failed role="alert" {}
    }
}

//! Whether a group is one user's own: distributions that give every user a group of the same name
//! also make files writable by their group (umask 002). OpenSSH of Debian looks at it in this way.

use std::path::Path;

/// Whether nobody but `owner` is in the group, as far as the system's files say. Groups that stand
/// elsewhere are not one's own.
pub(super) fn is_private(group: u32, owner: u32) -> bool {
    let read = |path: &str| std::fs::read_to_string(Path::new(path)).ok();
    match (read("/etc/passwd"), read("/etc/group")) {
        (Some(users), Some(groups)) => is_private_by(&users, &groups, group, owner),
        _ => false,
    }
}

fn is_private_by(users: &str, groups: &str, group: u32, owner: u32) -> bool {
    // name:password:uid:gid:…
    let users: Vec<(&str, Option<u32>, Option<u32>)> = users
        .lines()
        .map(|line| {
            let mut fields = line.split(':');
            let name = fields.next().unwrap_or_default();
            let number = |field: Option<&str>| field.and_then(|field| field.parse().ok());
            (name, number(fields.nth(1)), number(fields.next()))
        })
        .collect();
    let Some((owner_name, ..)) = users.iter().find(|(_, uid, _)| *uid == Some(owner)) else {
        return false;
    };
    let is_shared = users
        .iter()
        .any(|(_, uid, gid)| *gid == Some(group) && *uid != Some(owner));
    // name:password:gid:members
    let listed = groups.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        match fields[..] {
            [name, _, gid, members] if gid.parse() == Ok(group) => Some((name, members)),
            _ => None,
        }
    });
    let Some((name, members)) = listed else {
        return false;
    };
    let others = members
        .split(',')
        .any(|member| !member.is_empty() && member != *owner_name);
    name == *owner_name && !is_shared && !others
}

#[cfg(test)]
mod tests {
    use super::is_private_by;

    const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n\
                         bob:x:1001:100::/home/bob:/bin/sh\neve:x:1002:1002::/home/eve:/bin/sh\n";
    const GROUPS: &str = "root:x:0:\nusers:x:100:\nann:x:1000:\neve:x:1002:eve,bob\n";

    #[test]
    fn a_group_is_private_if_it_has_the_owners_name_and_nobody_else_in_it() {
        let cases = [
            (1000, 1000, true),  // ann's own
            (100, 1001, false),  // bob's is another's by name
            (1002, 1002, false), // bob is in eve's
            (1000, 1001, false), // ann's file, so to say, owned by bob
            (4242, 1000, false), // nobody knows it
            (1000, 4242, false),
        ];
        for (group, owner, private) in cases {
            assert_eq!(
                is_private_by(USERS, GROUPS, group, owner),
                private,
                "{group} {owner}"
            );
        }
    }
}

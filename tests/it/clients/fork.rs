//! The framework on a fork that a process of its own holds.

use crate::prelude::*;

use crate::tools::node;

use crate::upgrade::counter;

#[tokio::test]
async fn an_instance_is_upgraded_on_the_fork_of_a_process_and_stays_as_it_was_on_its_chain()
-> Result<(), HarnessError> {
    if super::is_left_out(
        "an_instance_is_upgraded_on_the_fork_of_a_process_and_stays_as_it_was_on_its_chain",
        "it starts the chain that it forks",
    )? {
        return Ok(());
    }
    let harness = Harness::on(Chain::embedded()?).await?;
    let it = counter(&harness).await?;
    it.instance.send(&ICounter::incrementCall {}).await?;
    let process = node(&["--fork-url", harness.chain().url()])?;
    let fork = Chain::at(process.endpoint()).await?;
    let proxy = it.instance.address();
    let found = fork.read(proxy, &ICounter::valueCall {}).await?;
    assert_eq!(found, U256::from(8));

    let there = it.instance.send(&ICounter::incrementCall {}).await?;
    let sender = fork.account(0);
    let here = fork
        .execute(sender, proxy, &ICounter::incrementCall {})
        .await?;
    assert_eq!(here.gas_used, there.gas());

    let upgrade = calls::upgrade_to("2.0");
    fork.execute(sender, proxy, &upgrade).await?;
    let found = fork.read(proxy, &ICounter::stepCall {}).await?;
    assert_eq!(found, U256::from(5));
    fork.execute(sender, proxy, &ICounter::incrementCall {})
        .await?;
    let found = fork.read(proxy, &ICounter::valueCall {}).await?;
    assert_eq!(found, U256::from(14));
    assert_eq!(it.instance.version().await?, "1.0");
    let found = it.instance.read(&ICounter::valueCall {}).await?;
    assert_eq!(found, U256::from(9));
    Ok(())
}

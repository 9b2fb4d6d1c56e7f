//! The state survives a restart.

use stripe_stand_in::{Options, StandIn};

use crate::support::{Client, PLATFORM, folder, options};

#[tokio::test]
async fn a_restart_finds_accounts_transfers_keys_and_numbers() {
    let folder = folder("restart");
    let file = folder.join("stripe.json");
    let with_file = || Options { state_file: Some(file.clone()), ..options() };
    let stand_in = StandIn::start(with_file()).await.unwrap();
    stand_in.add_account(PLATFORM, None, "DE");
    let first = Client::of(&stand_in).transfer("k", "100").await.unwrap();
    stand_in.reverse_transfer("tr_1", Some(30)).unwrap();
    stand_in.stop().await;

    let stand_in = StandIn::start(with_file()).await.unwrap();
    let client = Client::of(&stand_in);
    let again = client.transfer("k", "100").await.unwrap();
    assert!(again.is_replayed);
    assert_eq!(again.body, first.body);
    assert_eq!(client.transfer("l", "200").await.unwrap().body["id"], "tr_2");
    let amounts: Vec<_> =
        stand_in.transfers().iter().map(|transfer| (transfer.amount, transfer.amount_reversed)).collect();
    assert_eq!(amounts, [(100, 30), (200, 0)]);
    assert_eq!(stand_in.accounts()[0].received, 270);
    let kinds: Vec<_> = stand_in.events().into_iter().map(|event| event.kind).collect();
    assert_eq!(
        kinds,
        [
            "capability.updated",
            "account.updated",
            "transfer.created",
            "transfer.reversed",
            "transfer.created"
        ]
    );
    stand_in.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_state_is_an_error_and_left_as_it_is() {
    let folder = folder("broken");
    let file = folder.join("stripe.json");
    std::fs::write(&file, "{").unwrap();
    let options = Options { state_file: Some(file.clone()), ..options() };
    assert!(StandIn::start(options).await.is_err());
    assert_eq!(std::fs::read_to_string(file).unwrap(), "{");
    std::fs::remove_dir_all(folder).unwrap();
}

use core::future::ready;

use super::*;

const OFFICE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));
const THIRD: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 3));

fn seats(room: usize) -> Arc<Seats> {
    Arc::new(Seats::new(room))
}

fn all_of<const N: usize>(seats: &Arc<Seats>, network: IpAddr) -> [Seat; N] {
    core::array::from_fn(|_| seats.take(network).unwrap())
}

async fn is_displaced(seat: &Seat) -> bool {
    tokio::select! {
        biased;
        () = seat.guest.displaced() => true,
        () = ready(()) => false,
    }
}

#[tokio::test]
async fn one_address_has_all_seats_until_somebody_else_needs_one() {
    let seats = seats(4);
    let office = all_of::<4>(&seats, OFFICE);
    for seat in &office {
        assert!(!is_displaced(seat).await);
    }
    let other = seats.take(OTHER).unwrap();
    assert!(is_displaced(&office[0]).await && !is_displaced(&office[1]).await, "the longest idle went");
    drop((office, other));
    let taken = seats.taken();
    assert_eq!((taken.all, taken.of.len()), (0, 0), "nobody is remembered who left");
}

#[tokio::test]
async fn who_is_served_stays_while_others_of_the_address_are_idle() {
    let seats = seats(4);
    let office = all_of::<4>(&seats, OFFICE);
    let listens = office[0].guest.begin();
    drop((office[1].guest.begin(), office[2].guest.begin()));
    let others = all_of::<2>(&seats, OTHER);
    let gone = [3, 1].map(|n: usize| &office[n]);
    assert!(is_displaced(gone[0]).await, "it never asked for anything");
    assert!(is_displaced(gone[1]).await, "its request ended first");
    assert!(!is_displaced(&office[0]).await && !is_displaced(&office[2]).await);
    drop((listens, others));
}

#[tokio::test]
async fn answers_that_are_never_read_keep_no_seat_from_another_address() {
    let seats = seats(3);
    let hog = all_of::<3>(&seats, OFFICE);
    let unread: Vec<_> = hog.iter().map(|seat| seat.guest.begin()).collect();
    let other = seats.take(OTHER).unwrap();
    assert!(is_displaced(&hog[0]).await, "the oldest went");
    let third = seats.take(THIRD).unwrap();
    assert!(is_displaced(&hog[1]).await);
    let _asks = (other.guest.begin(), third.guest.begin());
    assert!(!seats.would_seat(OFFICE) && seats.take(OFFICE).is_none(), "one each: nobody makes place");
    drop(unread);
}

#[tokio::test]
async fn where_nobody_has_more_an_idle_one_of_the_same_address_makes_place() {
    let seats = seats(2);
    let [idle, asks] = all_of::<2>(&seats, OFFICE);
    let _request = asks.guest.begin();
    let newer = seats.take(OFFICE).unwrap();
    assert!(is_displaced(&idle).await && !is_displaced(&asks).await);
    drop(idle);
    assert_eq!(seats.taken().all, 2, "it is counted once");
    drop(newer);
}

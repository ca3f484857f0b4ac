-module(fork_join_throughput).
-export([run/2]).

run(Messages, Count) ->
    Dealer = self(),
    Workers = [spawn(fun() -> worker(Dealer, Messages, 0) end) || _ <- lists:seq(1, Count)],
    deal(Workers, Messages),
    lists:sum([receive Handled -> Handled end || _ <- Workers]).

deal(_, 0) -> ok;
deal(Workers, Left) ->
    [Worker ! 37.2 || Worker <- Workers],
    deal(Workers, Left - 1).

worker(Dealer, Messages, Messages) -> Dealer ! Messages;
worker(Dealer, Messages, Count) ->
    receive Theta -> savina:work(Theta), worker(Dealer, Messages, Count + 1) end.

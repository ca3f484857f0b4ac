-module(smokers).
-export([run/2]).

-define(PUFFS, 40).

run(Rounds, Count) ->
    Arbiter = self(),
    Smokers = [spawn(fun() -> smoker(Arbiter, 0) end) || _ <- lists:seq(1, Count)],
    choose(list_to_tuple(Smokers), Rounds, (Rounds * Count) band 65535),
    [Smoker ! exit || Smoker <- Smokers],
    lists:sum([receive {smoked, Smoked} -> Smoked end || _ <- Smokers]).

choose(_, 0, _) -> ok;
choose(Smokers, Left, Dice) ->
    {Place, Second} = savina:roll(Dice, tuple_size(Smokers)),
    {Puffs, Third} = savina:roll(Second, ?PUFFS),
    element(Place + 1, Smokers) ! {smoke, Puffs},
    receive begun -> ok end,
    choose(Smokers, Left - 1, Third).

smoker(Arbiter, Smoked) ->
    receive
        {smoke, Puffs} ->
            Arbiter ! begun,
            savina:busy(Puffs),
            smoker(Arbiter, Smoked + 1);
        exit ->
            Arbiter ! {smoked, Smoked}
    end.

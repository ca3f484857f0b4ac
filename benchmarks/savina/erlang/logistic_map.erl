%% A process receives just the message that it waits for, so nothing has to be set aside.
-module(logistic_map).
-export([run/2]).

run(Terms, Count) ->
    Master = self(),
    Numbers = lists:seq(0, Count - 1),
    Workers = [start(Number, Master) || Number <- Numbers],
    [[Worker ! next || Worker <- Workers] || _ <- lists:seq(1, Terms)],
    [Worker ! last || Worker <- Workers],
    Last = [receive {last, Number, Term} -> Term end || Number <- Numbers],
    lists:foldl(fun(Term, Sum) -> Sum + Term end, 0, Last).

start(Number, Master) ->
    Rate = 3.46 + Number * 0.0025,
    Computer = spawn(fun() -> computer(Rate) end),
    spawn(fun() -> series(Number, Computer, Master, 0.5) end).

series(Number, Computer, Master, Term) ->
    receive
        next ->
            Computer ! {Term, self()},
            receive {term, Next} -> series(Number, Computer, Master, Next) end;
        last ->
            Master ! {last, Number, Term}
    end.

computer(Rate) ->
    receive {Term, Sender} -> Sender ! {term, Rate * Term * (1 - Term)}, computer(Rate) end.

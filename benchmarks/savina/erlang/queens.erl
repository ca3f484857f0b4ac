-module(queens).
-export([run/3]).

run(Size, Depth, Count) ->
    Master = self(),
    Workers = [spawn(fun() -> worker(Master, Size, Depth) end) || _ <- lists:seq(1, Count)],
    Dealt = deal(list_to_tuple(Workers), 0, []),
    master(list_to_tuple(Workers), Dealt, 0, 0).

master(_, Done, Done, Found) -> Found;
master(Workers, Dealt, Done, Found) ->
    receive
        {board, Board} -> master(Workers, deal(Workers, Dealt, Board), Done, Found);
        {done, More} -> master(Workers, Dealt, Done + 1, Found + More)
    end.

deal(Workers, Dealt, Board) ->
    element(Dealt rem tuple_size(Workers) + 1, Workers) ! Board,
    Dealt + 1.

worker(Master, Size, Depth) ->
    receive
        Board when length(Board) < Depth ->
            [Master ! {board, More} || More <- extensions(Board, Size)],
            Master ! {done, 0};
        Board ->
            Master ! {done, solutions(Board, Size)}
    end,
    worker(Master, Size, Depth).

%% A board is a list of columns, that of the newest row first.
extensions(Board, Size) ->
    [[Column | Board] || Column <- lists:seq(0, Size - 1), safe(Board, Column, 1)].

safe([], _, _) -> true;
safe([Other | Board], Column, Away) ->
    Other =/= Column andalso abs(Other - Column) =/= Away andalso safe(Board, Column, Away + 1).

solutions(Board, Size) when length(Board) =:= Size -> 1;
solutions(Board, Size) ->
    lists:sum([solutions(More, Size) || More <- extensions(Board, Size)]).

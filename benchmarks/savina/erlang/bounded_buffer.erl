-module(bounded_buffer).
-export([run/3]).

-define(CAPACITY, 50).
-define(COST, 25).

run(Items, Producers, Consumers) ->
    Buffer = self(),
    Ready = [spawn(fun() -> consumer(Buffer) end) || _ <- lists:seq(1, Consumers)],
    [spawn(fun() -> producer(Buffer, Items) end) ! produce || _ <- lists:seq(1, Producers)],
    buffer(queue:new(), 0, Ready, Consumers, queue:new(), Producers, Producers, Consumers, 0).

%% Every producer that was told to go on may have one item on its way.
buffer(_, 0, _, Idle, _, 0, _, Idle, Consumed) -> Consumed;
buffer(Waiting, Length, Ready, Idle, HeldBack, Left, Producers, Consumers, Consumed)
        when Length =< ?CAPACITY ->
    receive
        {item, Producer, Item} ->
            {Waiting1, Length1, Ready1, Idle1} = case Ready of
                [Consumer | Rest] ->
                    Consumer ! {item, Item},
                    {Waiting, Length, Rest, Idle - 1};
                [] ->
                    {queue:in(Item, Waiting), Length + 1, Ready, Idle}
            end,
            HeldBack1 = if
                Length1 >= ?CAPACITY - Producers -> queue:in(Producer, HeldBack);
                true -> Producer ! produce, HeldBack
            end,
            buffer(Waiting1, Length1, Ready1, Idle1, HeldBack1, Left, Producers, Consumers,
                   Consumed);
        {consumed, Consumer} when Length > 0 ->
            {{value, Item}, Waiting1} = queue:out(Waiting),
            Consumer ! {item, Item},
            HeldBack1 = case queue:out(HeldBack) of
                {{value, Producer}, Others} -> Producer ! produce, Others;
                {empty, None} -> None
            end,
            buffer(Waiting1, Length - 1, Ready, Idle, HeldBack1, Left, Producers, Consumers,
                   Consumed + 1);
        {consumed, Consumer} ->
            buffer(Waiting, 0, [Consumer | Ready], Idle + 1, HeldBack, Left, Producers, Consumers,
                   Consumed + 1);
        ended ->
            buffer(Waiting, Length, Ready, Idle, HeldBack, Left - 1, Producers, Consumers,
                   Consumed)
    end.

producer(Buffer, 0) -> receive produce -> Buffer ! ended end;
producer(Buffer, Left) ->
    receive produce -> ok end,
    savina:busy(?COST),
    Buffer ! {item, self(), Left},
    producer(Buffer, Left - 1).

consumer(Buffer) ->
    receive {item, _} -> ok end,
    savina:busy(?COST),
    Buffer ! {consumed, self()},
    consumer(Buffer).

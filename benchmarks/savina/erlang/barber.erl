-module(barber).
-export([run/2]).

-define(HAIRCUT, 50).
-define(ARRIVAL, 20).

run(Haircuts, Seats) ->
    Street = self(),
    Barber = spawn(fun() -> barber() end),
    Room = spawn(fun() -> room(Barber, Seats, queue:new(), 0, true) end),
    arrive(Street, Room, Haircuts),
    street(Room, 0, Haircuts).

arrive(_, _, 0) -> ok;
arrive(Street, Room, Left) ->
    Customer = spawn(fun() -> customer(Street) end),
    Room ! {enter, Customer},
    savina:busy(?ARRIVAL),
    arrive(Street, Room, Left - 1).

street(_, Haircuts, Haircuts) -> Haircuts;
street(Room, Done, Haircuts) ->
    receive
        {returned, Customer} -> Room ! {enter, Customer}, street(Room, Done, Haircuts);
        done -> street(Room, Done + 1, Haircuts)
    end.

room(Barber, Seats, Waiting, Count, Sleeps) ->
    receive
        {enter, Customer} when Count =:= Seats ->
            Customer ! full,
            room(Barber, Seats, Waiting, Count, Sleeps);
        {enter, Customer} when Sleeps ->
            self() ! next,
            room(Barber, Seats, queue:in(Customer, Waiting), Count + 1, false);
        {enter, Customer} ->
            Customer ! wait,
            room(Barber, Seats, queue:in(Customer, Waiting), Count + 1, false);
        next when Count > 0 ->
            {{value, Customer}, Others} = queue:out(Waiting),
            Barber ! {enter, Customer, self()},
            room(Barber, Seats, Others, Count - 1, Sleeps);
        next ->
            Barber ! wait,
            room(Barber, Seats, Waiting, 0, true)
    end.

barber() ->
    receive
        {enter, Customer, Room} ->
            Customer ! begins,
            savina:busy(?HAIRCUT),
            Customer ! done,
            Room ! next,
            barber();
        wait ->
            barber()
    end.

customer(Street) ->
    receive
        full -> Street ! {returned, self()}, customer(Street);
        done -> Street ! done;
        _ -> customer(Street)
    end.

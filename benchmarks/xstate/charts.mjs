// Measures XState on the charts of ../charts.py; prints medians in microseconds of CPU time as JSON.
import { createActor, createMachine } from "xstate";

const ROUNDS = 9;
const calls = { n: 0 };
const act = () => { calls.n += 1; };

const charts = {
  flat: createMachine({
    initial: "a",
    states: { a: { on: { go: "b" } }, b: { on: { back: "a" } } },
  }),
  callbacks: createMachine({
    initial: "a",
    states: {
      a: {
        entry: act, exit: act,
        on: { go: { target: "b", guard: ({ event }) => event.amount > 0, actions: act } },
      },
      b: {
        entry: act, exit: act,
        on: { back: { target: "a", guard: ({ event }) => event.amount > 0, actions: act } },
      },
    },
  }),
  compound: createMachine({
    initial: "outer",
    states: {
      outer: {
        initial: "left",
        states: {
          left: { initial: "x", states: { x: {} }, on: { go: { target: "right", actions: act } } },
          right: { initial: "y", states: { y: {} }, on: { back: { target: "left", actions: act } } },
        },
      },
    },
  }),
  parallel: createMachine({
    type: "parallel",
    states: {
      one: { initial: "a", states: { a: { on: { go: "b" } }, b: { on: { back: "a" } } } },
      two: { initial: "c", states: { c: { on: { go: "d" } }, d: { on: { back: "c" } } } },
    },
  }),
};

function median(values) {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)];
}

function measure(action, times) {
  action(times);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = process.cpuUsage();
    action(times);
    const used = process.cpuUsage(began);
    rounds.push((used.user + used.system) / times);
  }
  return median(rounds);
}

const found = {};
for (const [name, machine] of Object.entries(charts)) {
  const actor = createActor(machine).start();
  found[name] = measure((times) => {
    for (let i = 0; i < times; i += 2) {
      actor.send({ type: "go", amount: 3 });
      actor.send({ type: "back", amount: 3 });
    }
  }, 20000);
}
found.instance = measure((times) => {
  for (let i = 0; i < times; i += 1) createActor(charts.flat).start();
}, 5000);
console.log(JSON.stringify(found));

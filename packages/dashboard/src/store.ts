// Holds the state between events and renders: events are stepped at once, the view is asked for at most once a frame.

export interface Store<State, Event> {
  readonly state: State;
  send(event: Event): void;
  /** Renders what has not been rendered yet, now: what a person does next must meet the page as it is. */
  flush(): void;
}

/** `render` is called with the state before and after the events of one frame. */
export function createStore<State, Event>(
  initial: State,
  step: (state: State, event: Event) => State,
  requestFrame: (callback: () => void) => void,
  render: (before: State, after: State) => void,
): Store<State, Event> {
  let state = initial;
  let rendered = initial;
  let isAsked = false;
  const flush = () => {
    if (state === rendered) return;
    const before = rendered;
    rendered = state;
    render(before, state);
  };
  return {
    get state() {
      return state;
    },
    send(event) {
      state = step(state, event);
      if (isAsked || state === rendered) return;
      isAsked = true;
      requestFrame(() => {
        isAsked = false;
        flush();
      });
    },
    flush,
  };
}

// The page of the chat: enter a room, read, write, see who is there.
const { HubConnectionBuilder, HubConnectionState, LogLevel } = globalThis.signalR;
const byId = id => document.getElementById(id);
let me = '';
let room = '';
let connection;
byId('name').focus();

byId('door').addEventListener('submit', async event => {
  event.preventDefault();
  me = byId('name').value.trim();
  room = byId('room').value.trim();
  if (me === '' || room === '') return;
  connection = connect(me);
  try {
    await connection.start();
    await enter();
  } catch (error) {
    complain('door-trouble', error);
    return;
  }
  document.title = `${room} · Chat`;
  byId('title').textContent = room;
  byId('door').hidden = true;
  byId('inside').hidden = false;
  byId('text').focus();
});

function connect(name) {
  const made = new HubConnectionBuilder()
    .withUrl(`/chat?name=${encodeURIComponent(name)}`)
    .withAutomaticReconnect({
      // Half a second at first, five at most, as long as the page is open.
      nextRetryDelayInMilliseconds: ({ previousRetryCount }) => Math.min(500 * 2 ** previousRetryCount, 5_000),
    })
    .configureLogging(LogLevel.None)
    .build();
  made.on('messageReceived', show);
  made.on('peopleChanged', showPeople);
  made.on('typing', showTyping);
  made.onreconnecting(() => say('waiting', 'connecting again'));
  // A new connection is in no room.
  made.onreconnected(() => enter().catch(error => complain('trouble', error)));
  made.onclose(() => say('gone', 'not connected, reload to enter again'));
  return made;
}

async function enter() {
  const messages = await connection.invoke('join', room);
  byId('messages').replaceChildren();
  messages.forEach(show);
  byId('trouble').hidden = true;
  say('live', 'live');
}

byId('composer').addEventListener('submit', async event => {
  event.preventDefault();
  const text = byId('text').value.trim();
  if (text === '') return;
  byId('text').value = '';
  try {
    await connection.invoke('say', text);
    byId('trouble').hidden = true;
    // The next word is the beginning of another message.
    typedAt = Number.NEGATIVE_INFINITY;
  } catch (error) {
    byId('text').value = text;
    complain('trouble', error);
  }
});

let typedAt = Number.NEGATIVE_INFINITY;
byId('text').addEventListener('input', () => {
  if (performance.now() - typedAt < 1_500) return;
  typedAt = performance.now();
  connection.send('typing').catch(() => {});
});

function show({ from, text, at }) {
  const item = byId('message').content.firstElementChild.cloneNode(true);
  item.classList.toggle('mine', from === me);
  item.querySelector('b').textContent = from;
  item.querySelector('time').textContent = new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  item.querySelector('time').dateTime = new Date(at).toISOString();
  item.querySelector('p').textContent = text;
  byId('messages').append(item);
  item.scrollIntoView({ block: 'end' });
  byId('typing').textContent = '';
}

function showPeople(people) {
  byId('people').replaceChildren(
    ...people
      .toSorted((a, b) => a.localeCompare(b))
      .map(name => {
        const item = document.createElement('li');
        item.textContent = name === me ? `${name} (you)` : name;
        return item;
      }),
  );
}

let forgetTyping;
function showTyping(from) {
  byId('typing').textContent = `${from} is writing …`;
  clearTimeout(forgetTyping);
  forgetTyping = setTimeout(() => (byId('typing').textContent = ''), 3_000);
}

function say(state, words) {
  byId('link').dataset.state = state;
  byId('link').textContent = words;
}

/** What a HubError says stands behind its prefix, in the line before its facts. */
function complain(id, error) {
  const words = /HubException: (.*)/.exec(error.message)?.[1];
  const isLive = connection.state === HubConnectionState.Connected;
  byId(id).textContent = words ?? (isLive ? 'That did not work; try again.' : 'The server does not answer; try again.');
  byId(id).hidden = false;
}

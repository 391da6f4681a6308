// The page: what the hub calls, and one POST.
const { HubConnectionBuilder, LogLevel } = globalThis.signalR;
const byId = id => document.getElementById(id);
const jobs = new Map();

const connection = new HubConnectionBuilder()
  .withUrl('/progress')
  .withAutomaticReconnect()
  .configureLogging(LogLevel.Error)
  .build();

connection.on('initProgressBar', job => {
  const element = jobs.get(job.id)?.element ?? byId('job').content.firstElementChild.cloneNode(true);
  element.querySelector('b').textContent = `${job.title} ${job.id}`;
  element.querySelector('.bar').setAttribute('aria-label', `${job.title} ${job.id}`);
  jobs.set(job.id, { ...job, element });
  byId('jobs').append(element);
  show(job.id, 0);
});

connection.on('updateProgressBar', show);

connection.on('clearProgressBar', (id, seconds) => {
  const job = jobs.get(id);
  forget(id);
  const line = document.createElement('li');
  line.textContent = `${job?.title ?? 'A job'} ${id}, after ${seconds.toFixed(1)} s`;
  byId('done').querySelector('ol').prepend(line);
  byId('done').hidden = false;
});

function show(id, step) {
  const job = jobs.get(id);
  if (job === undefined) return;
  const percent = Math.floor((step / job.steps) * 100);
  job.element.querySelector('span').textContent = `${percent} %`;
  const bar = job.element.querySelector('.bar');
  bar.setAttribute('aria-valuenow', percent);
  bar.firstElementChild.style.width = `${(step / job.steps) * 100}%`;
  byId('idle').hidden = true;
}

function forget(id) {
  jobs.get(id)?.element.remove();
  jobs.delete(id);
  byId('idle').hidden = jobs.size > 0;
}

byId('start').addEventListener('click', async () => {
  const answer = await fetch('/jobs', { method: 'POST' });
  byId('refusal').hidden = answer.ok;
  byId('refusal').textContent = answer.ok ? '' : await answer.text();
});

function say(state, words) {
  byId('link').dataset.state = state;
  byId('link').textContent = words;
}

connection.onreconnecting(() => say('waiting', 'connecting again'));
connection.onreconnected(() => say('live', 'live'));
connection.onclose(() => say('gone', 'not connected, reload to try again'));
// After a reconnect the server tells anew what is running.
connection.onreconnecting(() => [...jobs.keys()].forEach(forget));

try {
  await connection.start();
  say('live', 'live');
} catch {
  say('gone', 'not connected, reload to try again');
}

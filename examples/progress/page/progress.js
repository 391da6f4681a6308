// The page: what the hub calls, and one POST.
const { HubConnectionBuilder, LogLevel } = globalThis.signalR;
const byId = id => document.getElementById(id);
const jobs = new Map();

const connection = new HubConnectionBuilder()
  .withUrl('/progress')
  .withAutomaticReconnect({ nextRetryDelayInMilliseconds: ({ previousRetryCount }) => delayOf(previousRetryCount) })
  .configureLogging(LogLevel.None)
  .build();

/** Half a second at first, five at most, as long as the page is open. */
function delayOf(tries) {
  return Math.min(500 * 2 ** tries, 5_000);
}

connection.on('initProgressBar', job => {
  const element = jobs.get(job.id)?.element ?? byId('job').content.firstElementChild.cloneNode(true);
  element.querySelector('b').textContent = `${job.title} ${job.id}`;
  element.querySelector('.bar').setAttribute('aria-label', `${job.title} ${job.id}`);
  jobs.set(job.id, { ...job, element });
  element.classList.remove('stale');
  if (!element.isConnected) byId('jobs').append(element);
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
  showIdle();
}

function forget(id) {
  jobs.get(id)?.element.remove();
  jobs.delete(id);
  showIdle();
}

function showIdle() {
  const isLive = byId('link').dataset.state === 'live';
  byId('idle').hidden = jobs.size > 0;
  byId('idle').textContent = isLive ? 'Nothing is running.' : 'The server does not answer. Trying again …';
  byId('start').disabled = !isLive;
}

byId('start').addEventListener('click', async () => {
  const refusal = await fetch('/jobs', { method: 'POST' }).then(
    answer => (answer.ok ? '' : answer.text()),
    () => 'The server does not answer.',
  );
  byId('refusal').hidden = refusal === '';
  byId('refusal').textContent = refusal;
});

function say(state, words) {
  byId('link').dataset.state = state;
  byId('link').textContent = words;
  if (state === 'live') byId('refusal').hidden = true;
  showIdle();
}

connection.onreconnecting(() => {
  for (const { element } of jobs.values()) element.classList.add('stale');
  say('waiting', 'connecting again');
});
connection.onreconnected(() => {
  // The server has told anew what is running; the rest ended meanwhile.
  for (const [id, { element }] of jobs) if (element.classList.contains('stale')) forget(id);
  say('live', 'live');
});

for (let tries = 0; byId('link').dataset.state !== 'live'; tries += 1) {
  try {
    await connection.start();
    say('live', 'live');
  } catch {
    say('waiting', 'connecting again');
    await new Promise(resolve => setTimeout(resolve, delayOf(tries)));
  }
}

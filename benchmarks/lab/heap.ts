// The JavaScript memory of a process that was not started for being measured: its inspector is opened by SIGUSR1, collects twice,
// says what is left, and is closed again.
import { waitFor } from '@longhaul/testing';

const inspectorPort = 9229;

/** Heap and memory bound to it, in bytes. */
export async function heapBytes(pid: number): Promise<number> {
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await inspectorUrl(pid));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let calls = 0;
  const call = (method: string, params: object = {}): Promise<{ result?: { value?: string } }> =>
    new Promise(resolve => {
      calls += 1;
      const id = calls;
      const heard = ({ data }: MessageEvent): void => {
        const answer = JSON.parse(String(data));
        if (answer.id !== id) return;
        socket.removeEventListener('message', heard);
        resolve(answer.result);
      };
      socket.addEventListener('message', heard);
      socket.send(JSON.stringify({ id, method, params }));
    });
  await call('HeapProfiler.enable');
  // Twice: what the first one makes finalizable goes with the second.
  await call('HeapProfiler.collectGarbage');
  await call('HeapProfiler.collectGarbage');
  const { result } = await call('Runtime.evaluate', { expression: 'JSON.stringify(process.memoryUsage())' });
  const { heapUsed, external } = JSON.parse(result?.value ?? '') as NodeJS.MemoryUsage;
  await call('HeapProfiler.disable');
  const close = "setTimeout(() => process.getBuiltinModule('node:inspector').close())";
  await call('Runtime.evaluate', { expression: close });
  await new Promise(resolve => {
    socket.onclose = resolve;
    socket.close();
  });
  // The next process wants the same port.
  await waitFor('the inspector to be closed', async () => (await targets()) === undefined);
  return heapUsed + external;
}

/** `undefined` where nobody listens. */
async function targets(): Promise<{ webSocketDebuggerUrl: string }[] | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`, { headers: { connection: 'close' } });
    return (await response.json()) as { webSocketDebuggerUrl: string }[];
  } catch {
    return undefined;
  }
}

/** When it is open. */
const inspectorUrl = (pid: number): Promise<string> =>
  waitFor(`the inspector of process ${pid}`, async () => (await targets())?.[0]?.webSocketDebuggerUrl);

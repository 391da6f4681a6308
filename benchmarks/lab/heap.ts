// The JavaScript memory of a process that was not started for being measured: its inspector is opened by SIGUSR1, collects twice,
// says what is left, and is closed again.
import { setTimeout as delay } from 'node:timers/promises';

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
  return heapUsed + external;
}

/** When it is open. */
async function inspectorUrl(pid: number): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      const response = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`);
      const [target] = (await response.json()) as { webSocketDebuggerUrl: string; title: string }[];
      if (target !== undefined) return target.webSocketDebuggerUrl;
    } catch {
      // not open yet
    }
    await delay(20);
  }
  throw new Error(`the inspector of process ${pid} did not open`);
}

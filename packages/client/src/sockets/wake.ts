// Whether this machine's network can wake it from sleep, as its kernel tells it.
import path from 'node:path';

// Not by `import`: every task would wait until all of it is ready (decision 176).
const { readdirSync, readFileSync } = process.getBuiltinModule('node:fs');

/** True when a network device is set up to wake the machine (SB-07). Nothing there, or not readable: false. */
export function canNetworkWake(folder = '/sys/class/net'): boolean {
  try {
    return readdirSync(folder).some(name => mayWake(path.join(folder, name, 'device/power/wakeup')));
  } catch {
    return false;
  }
}

function mayWake(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').trim() === 'enabled';
  } catch {
    return false; // a device without a say in it
  }
}

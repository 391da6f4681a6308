// A keeper of one vault, to be killed: prints where the vault is.
import { VaultProcesses } from '../../src/keeper/vault-processes.ts';
import { defaults } from '../../src/options.ts';

const [folder = ''] = process.argv.slice(2);
const processes = new VaultProcesses({ env: process.env, folder, limits: defaults.keeper });
console.log(JSON.stringify(await processes.open()));

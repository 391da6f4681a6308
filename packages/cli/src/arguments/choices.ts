// PURE. Names out of a list, separated by commas, in an option that may be given several times: `--status running,error`.
import { InvalidArgumentError } from 'commander';

/** The parser of such an option. */
export const choices =
  <Name extends string>(names: readonly Name[]) =>
  (text: string, previous: readonly Name[] = []): readonly Name[] => {
    const wanted = text.split(',').map(part => {
      const name = names.find(known => known === part.trim());
      if (name) return name;
      throw new InvalidArgumentError(`"${part}" is not a status; there are ${names.join(', ')}.`);
    });
    return [...previous, ...wanted];
  };

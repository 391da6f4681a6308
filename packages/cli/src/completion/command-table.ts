// PURE. The commands with their words, as shells complete them: read from the commands themselves, so that none is forgotten.
import type { Command } from 'commander';

export interface CommandWord {
  readonly word: string;
  readonly about: string;
}

export interface OptionWords extends CommandWord {
  /** The other way to write it: `-q`. */
  readonly short: string | undefined;
  /** A value follows. */
  readonly takesValue: boolean;
}

export interface CommandWords {
  /** How it is called, without the program: ` sockets watch`; nothing for the program itself. */
  readonly at: string;
  readonly commands: readonly CommandWord[];
  /** Its own, those of all commands, and help. */
  readonly options: readonly OptionWords[];
}

/** Every command that has words to complete, the program first. Of what is run without a verb, the options of its default. */
export function commandTable(program: Command): CommandWords[] {
  const ofAll = optionsOf(program);
  const below = (command: Command, at: string): CommandWords[] => {
    const commands = command.commands.flatMap(known =>
      [known.name(), ...known.aliases()].map(word => ({ word, about: firstSentence(known.description()) })),
    );
    const defaultCommand = command.commands.find(known => known.name() === 'list' && command !== program);
    const own = [command, ...(defaultCommand === undefined ? [] : [defaultCommand])].flatMap(optionsOf);
    const options = command === program ? ofAll : [...own, ...ofAll.filter(({ word }) => word !== '--version')];
    const inner = command.commands.flatMap(known =>
      [known.name(), ...known.aliases()].flatMap(word => below(known, `${at} ${word}`)),
    );
    return [{ at, commands, options: [...options, help] }, ...inner];
  };
  return below(program, '');
}

const help: OptionWords = { word: '--help', short: '-h', about: 'explain the command', takesValue: false };

const optionsOf = (command: Command): OptionWords[] =>
  command.options.map(({ long, short, description, required, optional }) => ({
    word: long ?? short ?? '',
    short: long === undefined ? undefined : short,
    about: firstSentence(description),
    takesValue: required || optional,
  }));

const firstSentence = (text: string): string => text.split(/[.:;](?:\s|$)/, 1)[0] ?? '';

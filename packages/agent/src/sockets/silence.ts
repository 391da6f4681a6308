// What is asked of a vault that does not answer, where the row says already what holds.
import { LonghaulError } from '@longhaul/agent-protocol';

/** The vault is told of it when it answers (`Recovery.rejoined`); who has asked need not wait for that. */
export async function orWhenItAnswers(asked: Promise<unknown> | undefined): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.code !== 'vault-silent') throw error;
  }
}

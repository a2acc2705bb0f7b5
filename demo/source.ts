/** Opens what the relay reads: a file, or the standard input, kept in a file because it is read several times. */
import { closeSync, createWriteStream, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface Source {
  readonly name: string;
  /** Every thread of the process reads through the same descriptor, each at positions of its own. */
  readonly fd: number;
  readonly bytes: number;
}

/** An error whose message is all that a user needs. */
class UserError extends Error {}

/** Opens a file, or the standard input for `-`. @throws {UserError} when it can't be read, or there is nothing in it */
export async function openSource(path: string): Promise<Source> {
  return path === '-' ? spool() : open(path, path);
}

function open(path: string, name: string): Source {
  try {
    const fd = openSync(path, 'r');
    const stat = fstatSync(fd);
    if (!stat.isFile()) {
      closeSync(fd);
      throw new UserError(
        `Cannot read ${name}: ${stat.isDirectory() ? 'it is a directory' : "it is not a file; pipe it in with '--file -'"}`,
      );
    }
    if (stat.size === 0) {
      closeSync(fd);
      throw new UserError(`Cannot relay ${name}: it is empty`);
    }
    return { name, fd, bytes: stat.size };
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`Cannot read ${name}: ${reason(error)}`);
  }
}

async function spool(): Promise<Source> {
  const folder = mkdtempSync(join(tmpdir(), 'ringwell-'));
  const path = join(folder, 'stdin');
  // Removed before it is read: it stays as long as it is open, and leaves nothing behind however this process ends.
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    await pipeline(process.stdin, createWriteStream(path));
    return open(path, 'the standard input');
  } catch (error) {
    throw error instanceof UserError
      ? error
      : new UserError(`Cannot keep the standard input in ${tmpdir()}: ${reason(error)}`);
  } finally {
    if (process.platform !== 'win32') remove();
  }
}

/** Node's message without the call and the path: `EACCES: permission denied`. */
function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+( '.*')?$/, '') : String(error);
}

/** What the machine refused, as Node tells it: a full disk, a folder without access. No fault of the program. */
interface SystemError {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
}

/** What an engineer can do about it stands in the words (errno(3)). */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "there is no access to it",
  EDQUOT: "the quota of this user is used up: make room",
  EIO: "the disk fails",
  EISDIR: "it is a folder",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "too many files are open on this machine",
  ENOENT: "it does not exist",
  ENOSPC: "the disk is full: make room",
  ENOTDIR: "a part of the path is no folder",
  EPERM: "the system does not permit it",
  EROFS: "the file system is read-only",
};

/** `/audit/x: the disk is full: make room (ENOSPC)`, for an error of the machine; undefined for any other. */
export function systemErrorText(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error && "syscall" in error)) return undefined;
  const { code, syscall, path } = error as Error & SystemError;
  // Folders that are made with those above them fail like this on a file system that is read-only.
  const reason = code === "ENOENT" && syscall === "mkdir" ? "the folder cannot be made there" : reasons[code];
  return reason && `${path === undefined ? "" : `${path}: `}${reason} (${code})`;
}

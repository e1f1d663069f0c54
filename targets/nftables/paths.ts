/** Folder of an absolute POSIX path, whatever this program itself runs on. */
export const dirname = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

/** Last part of an absolute POSIX path. */
export const basename = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

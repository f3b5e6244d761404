/** Where the files of images are: each image has a folder with its original and what was made of it. */
export interface MediaStorage {
  /** When it returns, the file survives the loss of power, and readers have seen it either not at all or whole. */
  write(mediaId: string, name: string, bytes: Uint8Array): Promise<void>;
  /** Undefined for a file that is not there. */
  read(mediaId: string, name: string): Promise<Buffer | undefined>;
  has(mediaId: string, name: string): Promise<boolean>;
  /** Removes all files of an image, if there are any. */
  remove(mediaId: string): Promise<void>;
  /** The images that have files, from behind a place on: at most some `limit`. Without `next` there are no more. */
  list(after: string, limit: number): Promise<{ mediaIds: string[]; next?: string }>;
  /** Removes what interrupted writes have left. */
  sweep(): Promise<void>;
  close(): void;
}

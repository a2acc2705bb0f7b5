import { describe, expect, it } from 'vitest';
import { classOfGranules, SMALL_BYTES_MAX, sizeClasses } from '../../src/heap/size-classes.js';

const PAGE = 4096;

describe('size classes', () => {
  const classes = sizeClasses(PAGE);
  const table = classOfGranules(classes);

  it('waste at most an eighth of a block above 128 bytes, and less than 16 bytes below', () => {
    const wasteful: number[] = [];
    for (let bytes = 1; bytes <= SMALL_BYTES_MAX; bytes++) {
      const block = classes[table[(bytes + 15) >>> 4]!]!.bytes;
      if (block < bytes || block - bytes > (bytes > 128 ? block / 8 : 15)) wasteful.push(bytes);
    }
    expect(wasteful).toEqual([]);
  });

  it('waste at most an eighth of a large block', () => {
    for (let bytes = SMALL_BYTES_MAX + 1; bytes < 400_000; bytes += 97) {
      const pages = Math.ceil(bytes / PAGE) * PAGE;
      expect(pages - bytes).toBeLessThanOrEqual(pages / 8);
    }
  });

  it('leave at most an eighth of a span over', () => {
    for (const { bytes, pages, blocks } of classes) {
      expect(blocks).toBe(Math.floor((pages * PAGE) / bytes));
      expect(pages * PAGE - bytes * blocks).toBeLessThanOrEqual((pages * PAGE) / 8);
      expect(bytes % 16).toBe(0);
    }
  });

  it('rise, and every block size is its own class', () => {
    for (let i = 0; i < classes.length; i++) {
      if (i > 0) expect(classes[i]!.bytes).toBeGreaterThan(classes[i - 1]!.bytes);
      expect(table[classes[i]!.bytes >>> 4]).toBe(i);
    }
    expect(classes.at(-1)!.bytes).toBe(SMALL_BYTES_MAX);
  });
});

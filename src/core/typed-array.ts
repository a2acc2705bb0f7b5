/** Arrays of the caller's, whatever realm they are from. What one says of itself, or what it inherits from, can be forged. */

const typedArray: object = Object.getPrototypeOf(Int32Array.prototype);
const tag = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag)!.get as (
  this: unknown,
) => string | undefined;
const length = Object.getOwnPropertyDescriptor(typedArray, 'length')!.get as (this: unknown) => number;

/** The name of its class when it is a typed array, whoever asks; else undefined. Runs no code of the value's. */
export function typedArrayKind(value: unknown): string | undefined {
  return tag.call(value);
}

/** Whether it is a Uint8Array; a Buffer is one too. */
export function isBytes(value: unknown): value is Uint8Array {
  return tag.call(value) === 'Uint8Array';
}

/** Whether it is an Int32Array. */
export function isIntegers(value: unknown): value is Int32Array {
  return tag.call(value) === 'Int32Array';
}

/** How many elements a typed array really has. */
export function elementsIn(array: ArrayBufferView): number {
  return length.call(array);
}

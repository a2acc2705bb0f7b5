export type { Group } from '../harness/group.js';

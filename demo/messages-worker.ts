/** Does the job on every block that comes. */
import { workerData } from 'node:worker_threads';
import { addBlock, emptyTotals } from './job.js';
import { ACKNOWLEDGED_BLOCKS, type BlockMessage, type MessagesWorkerData } from './messages.js';
import { serveRounds } from './team.js';

const { port }: MessagesWorkerData = workerData;
let totals = emptyTotals();

port.on('message', (message: BlockMessage) => {
  if (message !== 'end') {
    addBlock(totals, new Int32Array(message.buffer), message.byteOffset, message.length);
    if (totals.blocks % ACKNOWLEDGED_BLOCKS === 0) port.postMessage(ACKNOWLEDGED_BLOCKS);
    return;
  }
  answer(totals);
  totals = emptyTotals();
});

const answer = serveRounds();

/** How a command of this project is called, as README.md calls it: the one place that says it to whoever needs a remedy. */
export const ORDERLY = 'npx orderly';

/** How the local cloud of a folder is started. */
export const START = 'npm start';

/** How docker-compose.yml's engine is started; `--wait` until it answers. */
export const COMPOSE_UP = 'docker compose up -d --wait';

/** A remedy where the embedded engine can't run. */
export const DOCKER_INSTEAD = `Or let Docker run both parts: ${COMPOSE_UP}, then ${START}, or npm run demo -- --engine external.`;

/** How docker-compose.yml's engine is removed with all that it keeps, LocalStack's part included. */
export const COMPOSE_DOWN = 'docker compose --profile localstack down -v';

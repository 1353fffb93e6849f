# One image for every program; docker-compose.yml and the ECS task definitions choose one by their command.

FROM node:24-bookworm-slim AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
# The image brings Node's headers, so node-gyp downloads none. `npm ci` builds (`prepare`), and what it built stays: the
# production modules are the same files without the others, node-expat's binary included.
RUN npm_config_nodedir=/usr/local npm ci --no-audit --no-fund \
  && npm prune --omit=dev --no-audit --no-fund \
  && find packages apps \( -name '*.test.*' -o -name '.*tsbuildinfo' \) -delete

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE /app/mirrors.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/packages packages
COPY --from=build /app/apps apps
# A named volume takes the owner of the folder that it covers first
RUN mkdir /mirror && chown node:node /mirror
USER node
ENTRYPOINT ["node", "--enable-source-maps"]
CMD ["apps/converter/dist/main.js"]

# One image for every program, on amd64 and arm64; docker-compose.yml and the ECS task definitions choose one by their
# command. They also bring what the image does without: an init (`init: true`, `initProcessEnabled`), a read-only root file
# system and the health check (packages/worker/dist/check-heartbeat.js). tests/image/build.sh builds it without Docker.

FROM node:24-bookworm-slim AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
# The image brings Node's headers, so node-gyp downloads none. `npm ci` builds (`prepare`), and what it built stays: the
# production modules are the same files without the others, node-expat's binary included.
RUN npm_config_nodedir=/usr/local npm ci --no-audit --no-fund \
  && npm prune --omit=dev --no-audit --no-fund
# What Node does not load stays behind: sources, tests, types, the modules' build for browsers, node-expat's objects. What
# goes on is readable by anybody, whatever the umask of the checkout was.
RUN find packages apps dev \( -name src -o -name assembly -o -name testing -o -name '*.test.*' -o -name '.*tsbuildinfo' -o -name 'tsconfig*.json' \) \
    -prune -exec rm -r {} + \
  && find node_modules -mindepth 2 -type d \( -name dist-types -o -path '*/dist-es' \) -prune -exec rm -r {} + \
  && find packages apps dev node_modules -type f -name '*.d.[cm]ts' -delete -o -type f -name '*.d.ts' -delete \
  && find node_modules/node-expat/build -type f ! -name node_expat.node -delete \
  && rm -r node_modules/node-expat/deps node_modules/nan node_modules/zod/src node_modules/@wikifleet/bench node_modules/@wikifleet/tests \
  && mkdir -p development/links development/apps \
  && mv node_modules/@wikifleet/local-cloud node_modules/@wikifleet/sample-wiki node_modules/@wikifleet/testing node_modules/@wikifleet/wikifleet development/links \
  && mv apps/wikifleet development/apps \
  && chmod -R a+rX,go-w package.json LICENSE mirrors.json node_modules packages apps dev development

FROM node:24-bookworm-slim AS runtime
# One heap of the C library for all threads: a downloader keeps some 12 MB less
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE /app/mirrors.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/packages packages
COPY --from=build /app/apps apps
# On Fargate a volume mounted there takes its owner and rights from the folder that the image declares (root's and 0755 else)
VOLUME /tmp
ENTRYPOINT ["node", "--enable-source-maps"]
CMD ["apps/converter/dist/main.js"]

# For docker-compose.yml only: the stand-ins for mirrors and dumps
FROM runtime AS dev
COPY --from=build /app/development/links node_modules/@wikifleet
COPY --from=build /app/development/apps apps
COPY --from=build /app/dev dev
# A named volume takes the owner of the folder that it covers first
RUN mkdir /mirror && chown node:node /mirror
USER node

# The last stage is what a build without --target makes: nothing in it is a stand-in
FROM runtime AS production
USER node

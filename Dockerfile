FROM node:22-bookworm-slim AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY frontend frontend
RUN npm run build

FROM python:3.13-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MARL_DATA_DIR=/data MARL_ASSETS_DIR=/app/assets
# By number, so that Kubernetes can tell that it isn't root.
RUN useradd --uid 1000 --no-create-home --home-dir /tmp marl && mkdir /data && chown marl /data
WORKDIR /app
COPY requirements.txt requirements-parquet.txt ./
ARG ADDITION=
RUN pip install --no-cache-dir -r requirements.txt ${ADDITION:+-r requirements-$ADDITION.txt}
COPY . .
COPY --from=assets /app/static/build static/build
COPY --from=assets /app/enrichment/engine/sandbox/build enrichment/engine/sandbox/build
RUN MARL_DATA_DIR=/tmp/build python manage.py collectstatic --no-input && rm -rf /tmp/build \
  && python -m compileall -q /app
USER 1000
VOLUME /data
EXPOSE 8000

# Two build stages and a small runtime: Node never reaches the image that runs.
FROM node:24-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY web/ ./
RUN npm run build

FROM python:3.11-slim AS wheel
WORKDIR /src
RUN python -m venv /opt/careroom
COPY requirements.lock requirements-build.lock ./
RUN /opt/careroom/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock \
    && python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY scripts/hatch_web.py scripts/hatch_web.py
COPY server/ server/
COPY signaling/ signaling/
COPY media/ media/
COPY notifications/ notifications/
COPY --from=web /src/web/dist web/dist
RUN /opt/build/bin/python -m hatchling build --target wheel \
    && /opt/careroom/bin/pip install --no-cache-dir --no-deps --no-index dist/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/careroom --shell /usr/sbin/nologin careroom \
    && install -d -o careroom -g careroom -m 0700 /var/lib/careroom /var/lib/careroom/data /var/lib/careroom/keys
COPY --from=wheel /opt/careroom /opt/careroom
ENV PATH=/opt/careroom/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CAREROOM_HOST=0.0.0.0 \
    CAREROOM_PORT=8000 \
    CAREROOM_TRUSTED_PROXIES=10.0.0.0/8,172.16.0.0/12,192.168.0.0/16 \
    CAREROOM_DATA_DIR=/var/lib/careroom/data \
    CAREROOM_KEYS_URL=file:/var/lib/careroom/keys/keys.json
USER careroom
WORKDIR /var/lib/careroom
# 50000 and on: the media relay, where CAREROOM_MEDIA_URL names it (docs/relay.md).
EXPOSE 8000 50000-50001/udp 50000-50001/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=4s --start-period=20s --retries=4 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=3)"]
CMD ["careroom", "serve"]

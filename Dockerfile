# The app and the worker of a lab's server, in one image; see "A lab's server" in docs/how-to.md.
FROM python:3.11-slim-bookworm

# pg_dump and pg_restore, for backups.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client libgomp1 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.txt requirements-server.txt requirements-signin.txt requirements-study.txt \
    requirements-serving.txt ./
# Options for pip's installation of torch alone, such as the index of its CPU build (see the README):
#   docker compose build --build-arg TORCH_OPTIONS="--index-url ..."
ARG TORCH_OPTIONS=""
RUN pip install --no-cache-dir ${TORCH_OPTIONS} "$(grep '^torch==' requirements.txt)" \
    && pip install --no-cache-dir -r requirements.txt -r requirements-server.txt \
       -r requirements-signin.txt -r requirements-study.txt -r requirements-serving.txt

COPY app.py LICENSE README.md ./
COPY .streamlit/config.toml .streamlit/config.toml
COPY data data
COPY pages pages
COPY journeys journeys

# Never as root: uploads are parsed in this process.
RUN useradd --uid 10001 --create-home journeys \
    && install -d -o journeys -m 700 /data /erasures
USER journeys
ENV JOURNEYS_HOME=/data JOURNEYS_LOG=json PYTHONUNBUFFERED=1
VOLUME ["/data", "/erasures"]
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.port", "8501"]

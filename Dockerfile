# The course in one image: pages, notebooks, grader, stand-ins, and Airflow's own UI on demand.
#   docker build -t when-tasks-fail .
#   docker run --rm --init -p 127.0.0.1:8888:8888 -v when-tasks-fail-work:/home/learner/work when-tasks-fail

FROM python:3.11.14-slim-bookworm AS packages
WORKDIR /course
COPY requirements-setup.lock requirements-study.lock ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements-setup.lock \
    && /opt/venv/bin/uv pip install --python /opt/venv/bin/python --no-cache --compile-bytecode \
        --require-hashes -r requirements-study.lock
COPY . .
RUN /opt/venv/bin/uv pip install --python /opt/venv/bin/python --no-cache --no-deps --no-build-isolation --editable . \
    && /opt/venv/bin/python -m compileall -q autograder coursekit

FROM python:3.11.14-slim-bookworm
# The course belongs to root: whoever studies can read it, and writes below their own folder only.
RUN useradd --create-home --uid 1000 --shell /bin/bash learner \
    && install --directory --owner learner --group learner /home/learner/work
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /course /course
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    AUTOGRADER_COURSE=/course \
    AUTOGRADER_WORK=/home/learner/work
USER 1000
WORKDIR /home/learner
VOLUME /home/learner/work
EXPOSE 8888
HEALTHCHECK --interval=10s --timeout=15s --start-period=60s --retries=3 CMD ["python", "/course/tools/ask.py", "api"]
# It listens beyond loopback because a container's loopback is not the host's: publish the port on 127.0.0.1 only.
CMD ["autograder", "study", "--host", "0.0.0.0", "--no-browser"]

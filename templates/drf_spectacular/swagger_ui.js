"use strict";

// The cookie is read when a request is sent: a token written into this file could be stale.
const csrfToken = () =>
  document.cookie
    .split("; ")
    .filter((pair) => pair.startsWith("csrftoken="))
    .map((pair) => decodeURIComponent(pair.slice("csrftoken=".length)))[0];

SwaggerUIBundle({
  url: "{{ schema_url|escapejs }}",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  requestInterceptor: (request) => {
    const token = csrfToken();
    const elsewhere = new URL(request.url, document.baseURI).origin !== location.origin;
    if (token && !elsewhere && !["GET", undefined].includes(request.method)) {
      request.headers["{{ csrf_header_name }}"] = token;
    }
    return request;
  },
});

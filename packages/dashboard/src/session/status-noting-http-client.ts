// The official client's HTTP client, with an eye on the status: a refused negotiate reaches the caller only as prose.
import { HttpClient, HttpError, type HttpRequest, type HttpResponse } from '@microsoft/signalr';

export class StatusNotingHttpClient extends HttpClient {
  readonly #inner: HttpClient;
  #lastStatus: number | null = null;

  constructor(inner: HttpClient) {
    super();
    this.#inner = inner;
  }

  /** HTTP status of the latest answer; `null` when the latest request got none. */
  get lastStatus(): number | null {
    return this.#lastStatus;
  }

  override async send(request: HttpRequest): Promise<HttpResponse> {
    this.#lastStatus = null;
    try {
      const response = await this.#inner.send(request);
      this.#lastStatus = response.statusCode;
      return response;
    } catch (error) {
      if (error instanceof HttpError) this.#lastStatus = error.statusCode;
      throw error;
    }
  }
}

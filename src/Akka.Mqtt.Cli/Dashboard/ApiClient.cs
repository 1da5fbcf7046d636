using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Dashboard.Api;
using Akka.Mqtt.Dashboard.Security;

namespace Akka.Mqtt.Cli.Dashboard;

/// <summary>A client of the HTTP API of a dashboard.</summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;

    /// <summary>Makes a client.</summary>
    /// <param name="url">The URL of the dashboard.</param>
    /// <param name="token">The token; null for none.</param>
    /// <param name="authorities">The only authorities to trust for its certificate; null for those of the system.</param>
    public ApiClient(Uri url, string? token, X509Certificate2Collection? authorities = null)
    {
        var sockets = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        if (authorities is not null)
        {
            sockets.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            sockets.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        var root = url.AbsoluteUri.EndsWith('/') ? url : new Uri($"{url.AbsoluteUri}/");
        _http = new HttpClient(sockets) { BaseAddress = new Uri(root, Operations.Root), Timeout = Timeout };
        _http.DefaultRequestHeaders.Add(RequestGuard.OwnHeader, "cli");
        if (token is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Sends a GET request.</summary>
    /// <param name="path">The operation.</param>
    /// <param name="query">The parameters of the query; null values are omitted.</param>
    /// <exception cref="ApiFailure">The server cannot be reached, or refuses.</exception>
    public Task<T> GetAsync<T>(string path, params (string Name, string? Value)[] query) => GetAsync<T>(path, CancellationToken.None, query);

    /// <summary>Sends a GET request that can be cancelled.</summary>
    /// <param name="path">The operation.</param>
    /// <param name="cancel">Gives up at once.</param>
    /// <param name="query">The parameters of the query; null values are omitted.</param>
    /// <exception cref="ApiFailure">The server cannot be reached, or refuses.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<T> GetAsync<T>(string path, CancellationToken cancel, params (string Name, string? Value)[] query)
    {
        var text = string.Join('&', query.Where(static each => each.Value is not null).Select(static each => $"{each.Name}={Uri.EscapeDataString(each.Value!)}"));
        return SendAsync<T>(new HttpRequestMessage(HttpMethod.Get, text.Length == 0 ? path : $"{path}?{text}"), cancel);
    }

    /// <summary>Sends a POST request.</summary>
    /// <param name="path">The operation.</param>
    /// <param name="body">Its body.</param>
    /// <exception cref="ApiFailure">The server cannot be reached, or refuses.</exception>
    public Task<T> PostAsync<T>(string path, object body) =>
        SendAsync<T>(new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, body.GetType(), null, DashboardJson.Options) }, CancellationToken.None);

    public void Dispose() => _http.Dispose();

    private async Task<T> SendAsync<T>(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            using var response = await _http.SendAsync(request, cancel).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return await response.Content.ReadFromJsonAsync<T>(DashboardJson.Options, cancel).ConfigureAwait(false) ?? throw new ApiFailure("the answer is empty.");
            var why = response.Content.Headers.ContentType?.MediaType == "application/json"
                ? (await response.Content.ReadFromJsonAsync<Failure>(DashboardJson.Options, cancel).ConfigureAwait(false))?.Error
                : null;
            throw new ApiFailure(why ?? $"the server answered {(int)response.StatusCode}.");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            throw new ApiFailure($"cannot reach {_http.BaseAddress}: {(error is TaskCanceledException ? "no answer in time" : error.Message)}");
        }
        catch (JsonException)
        {
            throw new ApiFailure($"what answers at {_http.BaseAddress} is no dashboard of this version.");
        }
        finally
        {
            request.Dispose();
        }
    }
}

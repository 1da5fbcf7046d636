using System.Text.Json;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Dashboard.Api;
using Akka.Mqtt.Dashboard.Live;
using Akka.Mqtt.Dashboard.Page;
using Akka.Mqtt.Dashboard.Security;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Akka.Mqtt.Dashboard;

/// <summary>
/// The endpoints of one dashboard. The guard checks every request before its content is read; therefore the endpoints take the request itself and bind no parameters.
/// Thread safe.
/// </summary>
/// <param name="find">Returns the server; null while it does not run.</param>
/// <param name="options">Who may use it.</param>
/// <param name="audit">The log of actions.</param>
internal sealed class DashboardEndpoints(Func<MqttServer?> find, MqttDashboardOptions options, AuditLog audit)
{
    /// <summary>A client of the stream that reads nothing for this time is disconnected.</summary>
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(15);

    private readonly RequestGuard _guard = new(new TokenTable(options.Tokens));
    private readonly GuessLimit _guesses = new();
    private readonly Lock _lock = new();
    private (MqttServer Server, LiveFeed Feed)? _live;

    /// <summary>Changes who may use it; streams of other users end with the next sample.</summary>
    /// <exception cref="ArgumentException">There are no tokens.</exception>
    public void Replace(IEnumerable<MqttDashboardToken> tokens) => _guard.Replace(new TokenTable(tokens));

    public void Map(RouteGroupBuilder group, string path)
    {
        foreach (var file in PageFiles.All)
            group.MapGet($"/{file.Path}", (RequestDelegate)(context => PageAsync(context, file.Type, file.Bytes)));
        var document = System.Text.Encoding.UTF8.GetBytes(ApiDocument.Write(path));
        group.MapGet("/openapi.json", (RequestDelegate)(context => PageAsync(context, "application/json", document)));
        foreach (var operation in Operations.All)
            group.MapMethods($"/{operation.Path}", [operation.Method], (RequestDelegate)(context => RunAsync(context, operation)));
        group.MapGet($"/{Operations.Live}", LiveAsync);
    }

    /// <summary>A socket for both protocols reports IPv4 addresses as IPv6 addresses.</summary>
    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress is { } address
        ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
        : "unknown";

    private static void AddHeaders(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers.ContentSecurityPolicy = PageFiles.Policy;
    }

    private static async Task AnswerAsync(HttpContext context, int status, object answer)
    {
        if (context.Response.HasStarted)
            return;
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = "Bearer";
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer, answer.GetType(), DashboardJson.Options);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    private async Task PageAsync(HttpContext context, string type, byte[] bytes)
    {
        AddHeaders(context.Response);
        // Relative addresses in the page need a slash at the end of the page's address.
        if (type.StartsWith("text/html", StringComparison.Ordinal) && !context.Request.Path.Value!.EndsWith('/'))
        {
            context.Response.Redirect($"{context.Request.PathBase}{context.Request.Path}/");
            return;
        }
        var verdict = _guard.CheckPage(RequestFacts.Of(context));
        if (verdict.Status != StatusCodes.Status200OK)
        {
            await AnswerAsync(context, verdict.Status, new Failure(verdict.Reason)).ConfigureAwait(false);
            return;
        }
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    private async Task RunAsync(HttpContext context, Operation operation)
    {
        if (await EnterAsync(context, operation.Role, operation.IsAction).ConfigureAwait(false) is not var (server, user))
            return;
        var call = new Call(context, server, user);
        var outcome = "failed";
        try
        {
            var answer = await operation.RunAsync(call).ConfigureAwait(false);
            outcome = "done";
            await AnswerAsync(context, StatusCodes.Status200OK, answer).ConfigureAwait(false);
        }
        catch (RequestFailure failure)
        {
            outcome = failure.Message;
            await AnswerAsync(context, failure.Status, new Failure(failure.Message)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            outcome = "the requester did not wait for the answer";
        }
        catch (BadHttpRequestException error)
        {
            outcome = error.Message;
            await AnswerAsync(context, error.StatusCode, new Failure(error.Message)).ConfigureAwait(false);
        }
        finally
        {
            if (operation.IsAction)
                audit.Add(server, user.Name, AddressOf(context), $"{operation.Method} {operation.Path}", call.Subject, outcome);
        }
    }

    private async Task LiveAsync(HttpContext context)
    {
        var tokens = _guard.Tokens;
        if (await EnterAsync(context, MqttDashboardRole.Read, isAction: false).ConfigureAwait(false) is not var (server, user))
            return;
        using var watch = FeedOf(server).TryWatch(ReferenceEquals(user, DashboardUser.Local) ? null : user.Name);
        if (watch is null)
        {
            await AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, new Failure($"{options.MaxLiveStreams} streams are open already, or half as many of this token.")).ConfigureAwait(false);
            return;
        }
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // a proxy must not buffer events
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, server.Context.Stopped.Token);
        try
        {
            await context.Response.StartAsync(end.Token).ConfigureAwait(false);
            while (true)
            {
                var bytes = await watch.NextAsync(end.Token).ConfigureAwait(false);
                if (_guard.Tokens != tokens)
                {
                    tokens = _guard.Tokens;
                    if (_guard.Check(RequestFacts.Of(context), MqttDashboardRole.Read, isAction: false).User is null)
                        return; // its token was removed
                }
                await context.Response.Body.WriteAsync(bytes, end.Token).AsTask().WaitAsync(WriteTimeout, end.Token).ConfigureAwait(false);
                await context.Response.Body.FlushAsync(end.Token).WaitAsync(WriteTimeout, end.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has disconnected, or the server stops.
        }
        catch (TimeoutException)
        {
            context.Abort(); // it does not read
        }
    }

    /// <summary>The server and the user, or null when the request was answered with a refusal.</summary>
    private async Task<(MqttServer Server, DashboardUser User)?> EnterAsync(HttpContext context, MqttDashboardRole role, bool isAction)
    {
        AddHeaders(context.Response);
        var verdict = _guard.Check(RequestFacts.Of(context), role, isAction);
        var server = find();
        if (verdict.User is not { } user)
        {
            if (server is not null)
            {
                audit.AddDenied(server, AddressOf(context), $"{context.Request.Method} {context.Request.Path}", verdict.Reason);
                if (verdict.Status == StatusCodes.Status401Unauthorized)
                    await _guesses.WaitAsync(server.Context.Clock, context.RequestAborted).ConfigureAwait(false);
            }
            await AnswerAsync(context, verdict.Status, new Failure(verdict.Reason)).ConfigureAwait(false);
            return null;
        }
        if (server is null || server.Context.Stopped.IsCancellationRequested)
        {
            await AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, new Failure("The MQTT server does not run.")).ConfigureAwait(false);
            return null;
        }
        return (server, user);
    }

    private LiveFeed FeedOf(MqttServer server)
    {
        lock (_lock)
        {
            if (_live is { } live && live.Server == server)
                return live.Feed;
            var feed = new LiveFeed(server.Context, options.MaxLiveStreams);
            _live = (server, feed);
            return feed;
        }
    }
}

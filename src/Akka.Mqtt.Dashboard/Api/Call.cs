using System.Globalization;
using System.Text.Json;
using Akka.Actor;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Dashboard.Security;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Directories;
using Microsoft.AspNetCore.Http;

namespace Akka.Mqtt.Dashboard.Api;

/// <summary>A request while it is handled: its input, read with limits.</summary>
/// <param name="http">The request.</param>
/// <param name="server">The server.</param>
/// <param name="user">The user.</param>
internal sealed class Call(HttpContext http, MqttServer server, DashboardUser user)
{
    /// <summary>Most bytes of a body: a payload of <see cref="MaxPayload"/> as base64, a topic, and the names around them.</summary>
    public const int MaxBody = 512 * 1024;

    /// <summary>Most bytes of the payload of a message to publish.</summary>
    public const int MaxPayload = 256 * 1024;

    /// <summary>Most characters of a text in the query, and of a client identifier or topic: MQTT allows 65,535 bytes.</summary>
    public const int MaxText = 65_535;

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(20);

    public MqttServer Server { get; } = server;

    public DashboardUser User { get; } = user;

    /// <summary>The nodes of the cluster; null for a server that is alone.</summary>
    public IClusterNodes? Nodes => Server.Context.Owners?.Nodes;

    /// <summary>The client or topic of an action, for the audit log.</summary>
    public string Subject { get; set; } = "";

    /// <summary>A text of the query; null when it is missing.</summary>
    public string? Text(string name, int maxLength = MaxText)
    {
        var values = http.Request.Query[name];
        if (values.Count == 0)
            return null;
        if (values.Count > 1)
            throw new RequestFailure(400, $"{name} occurs {values.Count} times.");
        var text = values[0] ?? "";
        return text.Length <= maxLength ? text : throw new RequestFailure(400, $"{name} is longer than {maxLength} characters.");
    }

    /// <summary>A required text of the query.</summary>
    public string Required(string name) => Text(name) ?? throw new RequestFailure(400, $"{name} is missing.");

    /// <summary>A number of the query.</summary>
    public int Number(string name, int missing, int min, int max)
    {
        if (Text(name, 32) is not { } text)
            return missing;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new RequestFailure(400, $"{name} is not a number from {min} to {max}.");
    }

    /// <summary>A Boolean of the query; false when it is missing.</summary>
    public bool Flag(string name) => Text(name, 32) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw new RequestFailure(400, $"{name} is neither true nor false."),
    };

    /// <summary>The body, as JSON of at most <see cref="MaxBody"/> bytes.</summary>
    public async Task<T> BodyAsync<T>()
    {
        var request = http.Request;
        if (!request.HasJsonContentType())
            throw new RequestFailure(415, "The body must be JSON: Content-Type: application/json.");
        if (request.ContentLength > MaxBody)
            throw new RequestFailure(413, $"The body is larger than {MaxBody} bytes.");
        var buffer = new byte[(int)Math.Min(MaxBody, request.ContentLength ?? 4096) + 1];
        var length = 0;
        while (true)
        {
            var read = await request.Body.ReadAsync(buffer.AsMemory(length), http.RequestAborted).ConfigureAwait(false);
            if (read == 0)
                break;
            length += read;
            if (length > MaxBody)
                throw new RequestFailure(413, $"The body is larger than {MaxBody} bytes.");
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(2 * buffer.Length, MaxBody + 1));
        }
        try
        {
            return JsonSerializer.Deserialize<T>(buffer.AsSpan(0, length), DashboardJson.Options) ?? throw new RequestFailure(400, "The body is null.");
        }
        catch (JsonException error)
        {
            throw new RequestFailure(400, $"The body does not match the API description, at {error.Path ?? "$"}.");
        }
    }

    /// <summary>Sends a request to the nodes of the cluster.</summary>
    public async Task<T> NodesAsync<T>(Func<CancellationToken, Task<T>> ask)
    {
        try
        {
            return await ask(http.RequestAborted).ConfigureAwait(false);
        }
        catch (NodesBusyException error)
        {
            throw new RequestFailure(503, error.Message);
        }
        catch (AskTimeoutException)
        {
            throw new RequestFailure(503, "The nodes do not answer in time.");
        }
    }

    /// <summary>Sends a request to the administration of the server.</summary>
    public async Task<object> AskAsync(object question)
    {
        try
        {
            return await Server.Admin.Ask<object>(question, AnswerTimeout, http.RequestAborted).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            throw new RequestFailure(503, "The server does not answer in time.");
        }
    }
}

using System.Net;
using Akka.Mqtt.Transport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;

namespace Akka.Mqtt.AspNetCore;

/// <summary>Accepts WebSockets that offer the sub-protocol <c>mqtt</c>. A request lasts as long as its connection.</summary>
/// <param name="options">Decides which origins may connect.</param>
/// <param name="find">Returns the actor that accepts the connection; null when no server is running.</param>
internal sealed class MqttWebSocketEndpoint(MqttConnectionOptions options, Func<HttpContext, MqttAttachment?> find)
{
    private const string SubProtocolOf31 = "mqttv3.1";

    public async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.Headers.Upgrade = "websocket";
            await RefuseAsync(context, StatusCodes.Status426UpgradeRequired, "This is an MQTT endpoint: connect by WebSocket.").ConfigureAwait(false);
            return;
        }

        if (!IsAllowed(context.Request.Headers.Origin))
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "This origin is not allowed.").ConfigureAwait(false);
            return;
        }

        if (SubProtocolOf(context.WebSockets.WebSocketRequestedProtocols) is not { } subProtocol)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "Offer the WebSocket sub-protocol 'mqtt'.").ConfigureAwait(false);
            return;
        }

        if (find(context) is not { } attachment)
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The MQTT server is not running.").ConfigureAwait(false);
            return;
        }

        // [MQTT-6.0.0-4] The server selects and returns the sub-protocol.
        // MQTT has its own keep-alive.
        var accept = new WebSocketAcceptContext { SubProtocol = subProtocol, KeepAliveInterval = TimeSpan.Zero };
        using var socket = await context.WebSockets.AcceptWebSocketAsync(accept).ConfigureAwait(false);
        var stream = new WebSocketStream(socket, context.Abort);
        var connection = context.Connection;
        var transport = new TransportInfo(context.Request.IsHttps ? MqttTransport.SecureWebSocket : MqttTransport.WebSocket)
        {
            LocalAddress = Address(connection.LocalIpAddress, connection.LocalPort),
            RemoteAddress = Address(connection.RemoteIpAddress, connection.RemotePort),
            PeerCertificate = connection.ClientCertificate,
        };
        var stopping = context.RequestServices.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? default;
        await attachment.RunAsync(stream, stream.Disposed, transport, stopping).ConfigureAwait(false);
    }

    /// <summary>
    /// The sub-protocol to select from those that the client offers. Clients of 3.1, such as MQTT.js, offer the name used before the
    /// standard.
    /// </summary>
    private static string? SubProtocolOf(IList<string> offered) =>
        offered.Contains(WebSocketTransport.SubProtocol) ? WebSocketTransport.SubProtocol
        : offered.Contains(SubProtocolOf31) ? SubProtocolOf31
        : null;

    /// <summary>
    /// Browsers send the origin of the page, other clients do not. A page of another origin must not use the cookies of its visitor here.
    /// </summary>
    private bool IsAllowed(StringValues origin)
    {
        var allowed = options.AllowedOrigins;
        return allowed.Count == 0 || StringValues.IsNullOrEmpty(origin) || allowed.Contains(origin.ToString(), StringComparer.OrdinalIgnoreCase);
    }

    private static IPEndPoint? Address(IPAddress? address, int port) => address is null ? null : new IPEndPoint(address, port);

    private static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(reason);
    }
}

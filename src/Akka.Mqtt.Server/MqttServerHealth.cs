using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server;

/// <summary>
/// Whether a server is alive and should receive clients, for load balancers. A snapshot of <see cref="MqttServer.Health"/>.
/// </summary>
/// <param name="State">The state of the server.</param>
/// <param name="Detail">What is missing or fails, as text; null for nothing. Always set with <see cref="IsDegraded"/>.</param>
public sealed record MqttServerHealth(MqttServerState State, string? Detail)
{
    /// <summary>
    /// Whether the process may continue: true unless the server has stopped, or its cluster has removed it. For systems that restart
    /// processes.
    /// </summary>
    public bool IsLive => State is not (MqttServerState.Stopped or MqttServerState.Removed);

    /// <summary>
    /// Whether the server should receive clients: its listeners are open, it is not draining, and a node has joined its cluster. For
    /// systems that distribute clients.
    /// </summary>
    public bool IsReady => State == MqttServerState.Ready;

    /// <summary>Whether the server is ready but something fails: memory is short, or its storage fails.</summary>
    public bool IsDegraded => IsReady && Detail is not null;

    internal static MqttServerHealth Of(ServerContext context)
    {
        var life = context.Lifecycle;
        return life.Stopped.IsCancellationRequested ? new MqttServerHealth(MqttServerState.Stopped, "the server has stopped")
            : life.IsDraining ? new MqttServerHealth(MqttServerState.Draining, "draining")
            : context.Owners?.Removed is { IsCompleted: true } removed ? new MqttServerHealth(MqttServerState.Removed, removed.Result)
            : context.Owners?.NotReady is { } why ? new MqttServerHealth(MqttServerState.Starting, why)
            : new MqttServerHealth(MqttServerState.Ready, TroubleOf(context));
    }

    private static string? TroubleOf(ServerContext context) =>
        context.Engine?.Health == StorageHealth.Failing ? "the storage fails: durable messages are refused"
        : context.Watermark.Level >= LoadLevel.RefuseConnects ? "the server refuses clients: memory runs short"
        : null;
}

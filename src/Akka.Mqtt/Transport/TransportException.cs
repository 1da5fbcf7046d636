using System.Globalization;
using System.Net;

namespace Akka.Mqtt.Transport;

/// <summary>Dialling, binding or a handshake failed for a known reason; becomes <see cref="Mqtt.CommandFailed"/>.</summary>
internal sealed class TransportException(CommandFailure reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public CommandFailure Reason { get; } = reason;

    /// <summary>The client whose handshake failed; null for none.</summary>
    public EndPoint? Client { get; init; }

    /// <summary>The exception for a dial that exceeded its timeout, with the failures until then.</summary>
    public static TransportException TookTooLong(EndPoint address, TimeSpan timeout, Exception cause)
    {
        var unfinished = cause;
        while (unfinished is not (null or UnfinishedDialException))
            unfinished = unfinished.InnerException;
        var attempts = unfinished is null ? "" : $" {unfinished.Message}";
        var message = string.Create(
            CultureInfo.InvariantCulture, $"Could not connect to {EndPoints.Show(address)}: it took longer than {timeout.TotalSeconds:0.###} s.{attempts}");
        return new TransportException(CommandFailure.ConnectFailed, message, cause);
    }
}

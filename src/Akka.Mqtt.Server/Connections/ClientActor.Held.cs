using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Sessions;

namespace Akka.Mqtt.Server.Connections;

/// <summary>
/// What has come and cannot be handled yet: the client publishes too fast, or its subscriptions are not in force and a message that it sent
/// after them must find them there. The packets keep their order; reading pauses meanwhile.
/// </summary>
internal sealed partial class ClientActor
{
    private List<MqttPacket>? _held; // bounded by what a connection delivers after it was told to pause
    private bool _heldForRoutes;
    private bool _readingPaused;
    private int _awaitedRoutes; // SUBSCRIBE and UNSUBSCRIBE packets that the routing does not know yet

    private void Hold(ReadOnlySpan<MqttPacket> rest)
    {
        _held = [.. rest];
        if (_readingPaused)
            return;
        _readingPaused = true;
        _connection.Tell(Mqtt.SuspendReading.Instance);
    }

    private void HoldForRoutes(ReadOnlySpan<MqttPacket> rest)
    {
        _heldForRoutes = true;
        Hold(rest);
    }

    /// <summary>One SUBSCRIBE or UNSUBSCRIBE is in force for every publisher.</summary>
    private void Go(SessionProtocol.RoutesChanged changed)
    {
        if (changed.Epoch != _epoch || --_awaitedRoutes > 0)
            return;
        if (!_heldForRoutes)
        {
            FinishInbound();
            return;
        }
        _heldForRoutes = false;
        GoOn();
    }

    private void GoOn()
    {
        if (_held is not { } held || _heldForRoutes || _phase != Phase.Serving)
            return;
        _held = null;
        Process(held.ToArray());
        AddCounts();
        if (_held is not null || _phase != Phase.Serving)
            return;
        _throttle = null;
        _readingPaused = false;
        _connection.Tell(Mqtt.ResumeReading.Instance);
        FinishInbound();
    }

    /// <summary>
    /// The connection ends while packets wait for the routing: what the client published before that counts all the same.
    /// </summary>
    private void TakeHeld()
    {
        if (!_heldForRoutes || _released || _phase != Phase.Serving || _held is not { } held)
            return;
        _heldForRoutes = false;
        _held = null;
        foreach (var packet in held)
        {
            if (packet is Disconnect)
                _held = [packet];
            else if (packet is Publish publish && Receive(publish) != ReasonCode.Success)
                break;
            else if (packet is PubRel release)
                _inbound!.Release(release.PacketId);
        }
        _publisher?.Flush();
    }

    /// <summary>Whether a connection that ended left a will: not if its DISCONNECT came while its packets were held.</summary>
    private bool KeepsWill(out uint? expiry)
    {
        var disconnect = (Disconnect?)_held?.Find(packet => packet is Disconnect);
        _context.Drops.Add(DropReason.Throttled, _held?.Count(packet => packet is Publish) ?? 0);
        if (disconnect is not null)
            (_endReason, _endText) = (disconnect.ReasonCode, "The client disconnected.");
        _held = null;
        expiry = disconnect?.Properties?.SessionExpiryInterval;
        if (expiry is > 0 && (_connect.Properties?.SessionExpiryInterval ?? 0) == 0)
            expiry = null; // U-3.14.2.2.2-1 v5
        return disconnect?.ReasonCode != ReasonCodes.NormalDisconnection; // [MQTT-3.14.4-3]
    }
}

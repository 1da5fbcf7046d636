using System.Text;
using Akka.Mqtt.Protocol;
using Akka.TestKit;

namespace Akka.Mqtt.TestKit.Probe;

/// <summary>Creates the failures of a probe: what was expected, what arrived as annotated hex, and the last packets before.</summary>
/// <param name="testKit">The test kit whose assertions fail.</param>
/// <param name="name">The name of the probe.</param>
/// <param name="version">The current protocol version of the probe.</param>
/// <param name="reader">The received bytes.</param>
/// <param name="history">The packets so far.</param>
internal sealed class ProbeFailures(TestKitBase testKit, string name, Func<MqttVersion?> version, ProbeReader reader, ProbeHistory history)
{
    /// <summary>A failure with the assertions of a test kit.</summary>
    public static Exception Of(TestKitBase testKit, string message)
    {
        TestKitAssertionsExtension.For(testKit.Sys).Assertions.Fail("{0}", message);
        // The assertions of every test kit should throw; this is for one that does not.
        return new InvalidOperationException(message);
    }

    public static string Indent(string lines) => "  " + lines.Replace("\n", "\n  ", StringComparison.Ordinal);

    public Exception Unexpected(string what, MqttPacket? expected, ProbeReader.Result result, Deadline deadline)
    {
        var text = new StringBuilder(name).Append(" expected ").Append(what);
        if (expected is not null)
            text.Append('\n').Append(Indent(Wire.Annotate(expected, version() ?? MqttVersion.V311))).Append('\n');
        text.Append(expected is null ? ", but " : "but ").Append(Why(result, deadline));
        return Fail(text.ToString());
    }

    public string Why(ProbeReader.Result result, Deadline deadline)
    {
        var bytes = result.Bytes.IsEmpty ? "" : $":\n{Indent(Wire.Annotate(result.Bytes, version()))}";
        return result.Outcome switch
        {
            ProbeReader.Outcome.Packet => $"received {result.Packet}{bytes}",
            ProbeReader.Outcome.Malformed => $"received bytes that are not a packet, {result.Error}{bytes}",
            ProbeReader.Outcome.Ended => "the peer "
                + (reader.End == ConnectionEnd.Closed ? "closed" : $"reset ({reader.EndCause?.Message})")
                + (result.Bytes.IsEmpty ? "." : $" in the middle of{bytes}"),
            _ => result.Bytes.IsEmpty ? $"nothing arrived for {deadline.Timeout}." : $"within {deadline.Timeout} only this arrived{bytes}",
        };
    }

    public Exception Fail(string message)
    {
        var text = new StringBuilder(message);
        history.AppendTo(text);
        return Of(testKit, text.ToString().TrimEnd('\n'));
    }
}

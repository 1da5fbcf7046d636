using System.Text;
using Akka.Mqtt.Protocol;
using Akka.TestKit;

namespace Akka.Mqtt.TestKit.Probe;

/// <summary>Words the failures of a probe: what was expected, what arrived as annotated hex, and the last packets before.</summary>
/// <param name="testKit">Whose assertions fail.</param>
/// <param name="name">What the probe is called.</param>
/// <param name="version">The protocol version that the probe speaks now.</param>
/// <param name="reader">What has arrived.</param>
/// <param name="history">The conversation so far.</param>
internal sealed class ProbeFailures(TestKitBase testKit, string name, Func<MqttVersion?> version, ProbeReader reader, ProbeHistory history)
{
    /// <summary>A failure by the assertions of a test kit.</summary>
    public static Exception Of(TestKitBase testKit, string message)
    {
        TestKitAssertionsExtension.For(testKit.Sys).Assertions.Fail("{0}", message);
        // The assertions of every test kit throw; this is for one that does not.
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
            ProbeReader.Outcome.Malformed => $"received bytes that are no packet, {result.Error}{bytes}",
            ProbeReader.Outcome.Ended => "the peer "
                + (reader.End == ConnectionEnd.Closed ? "closed" : $"reset ({reader.EndCause?.Message})")
                + (result.Bytes.IsEmpty ? "." : $" in the middle of{bytes}"),
            _ => result.Bytes.IsEmpty ? $"nothing came for {deadline.Timeout}." : $"within {deadline.Timeout} only this came{bytes}",
        };
    }

    public Exception Fail(string message)
    {
        var text = new StringBuilder(message);
        history.AppendTo(text);
        return Of(testKit, text.ToString().TrimEnd('\n'));
    }
}

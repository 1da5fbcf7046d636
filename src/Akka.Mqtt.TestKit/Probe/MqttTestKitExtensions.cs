using System.IO.Pipelines;
using System.Net;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit.Links;
using Akka.TestKit;

namespace Akka.Mqtt.TestKit;

/// <summary>Creates MQTT probes for any test kit that derives from <see cref="TestKitBase"/>.</summary>
public static class MqttTestKitExtensions
{
    /// <summary>A probe over a stream, such as an end of an <see cref="InMemoryLink"/> or a <see cref="FaultyTransport.Stream"/>.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="stream">The stream; the probe owns it.</param>
    /// <param name="version">The protocol version; null to take it from CONNECT.</param>
    /// <param name="name">The name of the probe in failures. Default: <c>probe</c>.</param>
    /// <returns>The probe.</returns>
    public static MqttProbe CreateMqttProbe(this TestKitBase testKit, Stream stream, MqttVersion? version = null, string name = "probe")
    {
        ArgumentNullException.ThrowIfNull(testKit);
        ArgumentNullException.ThrowIfNull(stream);
        return new MqttProbe(testKit, stream, version, name);
    }

    /// <summary>A probe over a pair of streams.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="input">The stream from which the probe reads.</param>
    /// <param name="output">The stream to which the probe writes.</param>
    /// <param name="version">The protocol version; null to take it from CONNECT.</param>
    /// <param name="name">The name of the probe in failures. Default: <c>probe</c>.</param>
    /// <returns>The probe.</returns>
    public static MqttProbe CreateMqttProbe(
        this TestKitBase testKit, Stream input, Stream output, MqttVersion? version = null, string name = "probe") =>
        testKit.CreateMqttProbe(new StreamPair(input, output), version, name);

    /// <summary>A probe over a pipe.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="pipe">The pipe; the probe owns it.</param>
    /// <param name="version">The protocol version; null to take it from CONNECT.</param>
    /// <param name="name">The name of the probe in failures. Default: <c>probe</c>.</param>
    /// <returns>The probe.</returns>
    public static MqttProbe CreateMqttProbe(this TestKitBase testKit, IDuplexPipe pipe, MqttVersion? version = null, string name = "probe")
    {
        ArgumentNullException.ThrowIfNull(pipe);
        return testKit.CreateMqttProbe(pipe.Input.AsStream(), pipe.Output.AsStream(), version, name);
    }

    /// <summary>
    /// Attaches one end of an in-memory link to the runtime, like a connection from the network, and returns a probe on the other end.
    /// </summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="handler">
    /// The actor that receives <see cref="Mqtt.Connected"/>, as after <c>Mqtt.Bind</c> or <c>Mqtt.Connect</c>.
    /// </param>
    /// <param name="role">The side of the code under test; the probe acts as the other one.</param>
    /// <param name="faults">Faults between both; null for none. Directions are those of the probe.</param>
    /// <param name="settings">Settings of the connection; null for <c>akka.mqtt.connection</c>.</param>
    /// <returns>The probe.</returns>
    public static MqttProbe AttachMqttProbe(
        this TestKitBase testKit, IActorRef handler, MqttRole role, FaultPlan? faults = null, MqttConnectionSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(testKit);
        ArgumentNullException.ThrowIfNull(handler);
        var link = new InMemoryLink();
        var transport = faults is null ? null : FaultyTransport.Wrap(link.B, faults);
        var name = faults is null ? "probe" : $"probe ({faults})";
        var probe = new MqttProbe(testKit, transport?.Stream ?? link.B, null, name) { Faults = transport };
        testKit.Sys.Mqtt().Tell(new Mqtt.Attach(link.A, role) { Settings = settings }, handler);
        return probe;
    }

    /// <summary>
    /// Connects a probe over TCP or a unix socket; the same as <see cref="MqttProbe.ConnectAsync(TestKitBase, EndPoint, TimeSpan?)"/>.
    /// </summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="endPoint">The address.</param>
    /// <param name="timeout">Time limit; null for the default of the test kit.</param>
    /// <returns>The probe; no MQTT packet has been sent.</returns>
    public static Task<MqttProbe> ConnectMqttProbeAsync(this TestKitBase testKit, EndPoint endPoint, TimeSpan? timeout = null) =>
        MqttProbe.ConnectAsync(testKit, endPoint, timeout);

    /// <summary>
    /// Listens as a fake server on a loopback port that the operating system chooses; the same as <see cref="MqttProbe.Listen"/>.
    /// </summary>
    /// <param name="testKit">The test kit.</param>
    /// <returns>The listener.</returns>
    public static MqttServerProbe CreateMqttServerProbe(this TestKitBase testKit) => MqttProbe.Listen(testKit);
}

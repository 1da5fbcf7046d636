using System.Globalization;

namespace Akka.Mqtt.ConnectionBenchmarks.Clients;

/// <summary>What one process measures of one client.</summary>
/// <param name="Client">Its name, of <see cref="Names"/>.</param>
/// <param name="Direction"><c>publish</c> or <c>receive</c>.</param>
/// <param name="QoS">The QoS, 0 to 2.</param>
/// <param name="Size">Bytes of a payload.</param>
/// <param name="Port">The port of the server on this machine.</param>
/// <param name="Seconds">Seconds measured, after the warm-up.</param>
internal sealed record ClientCase(string Client, string Direction, int QoS, int Size, int Port, double Seconds)
{
    /// <summary>Our client as an actor, our client with tasks, and MQTTnet's client.</summary>
    public static readonly string[] Names = ["actor", "tasks", "mqttnet"];

    public string Topic => "bench/client";

    public string Command => string.Create(
        CultureInfo.InvariantCulture,
        $"client-run --client {Client} --direction {Direction} --qos {QoS} --size {Size} --port {Port} --seconds {Seconds}");
}

/// <summary>What was measured: messages a second, and microseconds of CPU of the client's process a message.</summary>
internal readonly record struct ClientFigure(double Rate, double Cpu)
{
    public static ClientFigure Parse(string line)
    {
        var words = line.Split(' ');
        return new ClientFigure(double.Parse(words[0], CultureInfo.InvariantCulture), double.Parse(words[1], CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Rate:R} {Cpu:R}");
}

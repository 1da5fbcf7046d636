using System.Runtime.Serialization;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Serialization;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Directories;

namespace Akka.Mqtt.Cluster.Serialization;

/// <summary>The format of the questions of administrators to other nodes, and of the answers. A byte identifies the question or answer. These bytes never change their meaning.</summary>
internal static class NodeQuestionForm
{
    public static void Write(WireWriter writer, NodeAsked asked)
    {
        NodeForm.Write(writer, asked.From);
        writer.Long(asked.Number);
        switch (asked.Question)
        {
            case NodeQuestion.Report:
                writer.Byte(1);
                break;
            case NodeQuestion.Ban { Change: var change }:
                writer.Byte(2);
                Write(writer, change);
                break;
            case NodeQuestion.Drain:
                writer.Byte(3);
                break;
            case NodeQuestion.Bans bans:
                writer.Byte(4);
                writer.Long(bans.From);
                break;
        }
    }

    public static NodeAsked ReadAsked(WireReader reader)
    {
        var (from, number) = (NodeForm.Read(reader), reader.Long());
        return new NodeAsked(from, number, reader.Byte() switch
        {
            1 => new NodeQuestion.Report(),
            2 => new NodeQuestion.Ban(ReadBan(reader)),
            3 => new NodeQuestion.Drain(),
            4 => new NodeQuestion.Bans(ReadNumber(reader)),
            var other => throw Unknown("question", other),
        });
    }

    public static void Write(WireWriter writer, NodeTold told)
    {
        NodeForm.Write(writer, told.From);
        writer.Long(told.Number);
        switch (told.Reply)
        {
            case NodeReply.Figures { Value: var figures }:
                writer.Byte(1);
                writer.Text(figures.Name);
                writer.Text(figures.Version);
                writer.Byte((byte)figures.State);
                writer.Text(figures.Detail);
                writer.Text(figures.LoadLevel);
                writer.Longs(figures.Counts.ToValues());
                break;
            case NodeReply.Done done:
                writer.Byte(2);
                writer.Bool(done.Changed);
                break;
            case NodeReply.Refused refused:
                writer.Byte(3);
                writer.Text(refused.Why);
                break;
            case NodeReply.Bans bans:
                writer.Byte(4);
                writer.UInt((uint)bans.All.Count);
                foreach (var ban in bans.All)
                    Write(writer, ban);
                writer.Long(bans.Next);
                break;
        }
    }

    public static NodeTold ReadTold(WireReader reader)
    {
        var (from, number) = (NodeForm.Read(reader), reader.Long());
        return new NodeTold(from, number, reader.Byte() switch
        {
            1 => new NodeReply.Figures(new NodeFigures(
                reader.RequiredText(), reader.RequiredText(), (MqttServerState)reader.Byte(), reader.OptionalText(), reader.RequiredText(), NodeSums.Of(reader.Longs()))),
            2 => new NodeReply.Done(reader.Bool()),
            3 => new NodeReply.Refused(reader.RequiredText()),
            4 => new NodeReply.Bans(ReadBans(reader), ReadNumber(reader)),
            var other => throw Unknown("answer", other),
        });
    }

    private static void Write(WireWriter writer, BanChange ban)
    {
        writer.Text(ban.ClientId);
        writer.Text(ban.Address);
        writer.Bool(ban.Adds);
        writer.Long(ban.Seconds);
    }

    private static BanChange ReadBan(WireReader reader) => new(reader.OptionalText(), reader.OptionalText(), reader.Bool(), reader.Long());

    private static BanChange[] ReadBans(WireReader reader)
    {
        var bans = new BanChange[reader.Count()];
        for (var at = 0; at < bans.Length; at++)
            bans[at] = ReadBan(reader);
        return bans;
    }

    private static int ReadNumber(WireReader reader) => reader.Long() is >= 0 and <= int.MaxValue and var number ? (int)number
        : throw new SerializationException("The number of a ban is out of range.");

    private static SerializationException Unknown(string what, byte kind) => new($"There is no {what} {kind} between nodes in this version.");
}

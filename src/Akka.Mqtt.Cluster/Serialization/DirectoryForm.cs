using Akka.Cluster;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Serialization;

namespace Akka.Mqtt.Cluster.Serialization;

/// <summary>The format of the messages between directories, after the node that sends them.</summary>
internal static class DirectoryForm
{
    public static void Write(WireWriter writer, DirectoryMessage message)
    {
        switch (message)
        {
            case TermWanted wanted:
                writer.Long((long)wanted.View);
                break;
            case ReportWanted wanted:
                writer.Long((long)wanted.View);
                writer.Long(wanted.Term);
                writer.Int(wanted.Part);
                break;
            case Report report:
                writer.Long(report.Term);
                writer.Int(report.Part);
                writer.Bool(report.IsLast);
                writer.UInt((uint)report.Sessions.Length);
                foreach (var (key, epoch, isMoving) in report.Sessions)
                {
                    SessionForm.Write(writer, key);
                    writer.Long(epoch);
                    writer.Bool(isMoving);
                }
                break;
            case Claims claims:
                writer.Long(claims.Term);
                writer.UInt((uint)claims.Sessions.Length);
                foreach (var (key, request, after) in claims.Sessions)
                {
                    SessionForm.Write(writer, key);
                    writer.Long(request);
                    writer.Long(after);
                }
                break;
            case Grants grants:
                writer.Long(grants.Term);
                writer.UInt((uint)grants.Sessions.Length);
                foreach (var (key, request, epoch, before) in grants.Sessions)
                {
                    SessionForm.Write(writer, key);
                    writer.Long(request);
                    writer.Long(epoch);
                    writer.Bool(before is not null);
                    if (before is not null)
                        NodeForm.Write(writer, before);
                }
                break;
            case Settled settled:
                writer.Long(settled.Term);
                Write(writer, settled.Sessions);
                break;
            case SettledHeard heard:
                Write(writer, heard.Sessions);
                break;
            case Ended ended:
                writer.Long(ended.Term);
                Write(writer, ended.Sessions);
                break;
            case Superseded superseded:
                writer.Long(superseded.Term);
                Write(writer, superseded.Sessions);
                break;
            case Fetch fetch:
                SessionForm.Write(writer, fetch.Key);
                writer.Long(fetch.Epoch);
                writer.Text(fetch.User);
                writer.Bool(fetch.Discards);
                writer.Int(fetch.Part);
                break;
            case SessionPart part:
                SessionForm.Write(writer, part.Key);
                writer.Long(part.Epoch);
                writer.Byte((byte)part.What);
                writer.Int(part.Part);
                writer.Int(part.Count);
                writer.Bytes(part.Content.Span);
                break;
            case Fetched fetched:
                SessionForm.Write(writer, fetched.Key);
                writer.Long(fetched.Epoch);
                break;
            case HandOver handOver:
                writer.UInt((uint)handOver.Sessions.Length);
                foreach (var key in handOver.Sessions)
                    SessionForm.Write(writer, key);
                break;
            case Forgotten forgotten:
                SessionForm.Write(writer, forgotten.Key);
                writer.Long(forgotten.Epoch);
                break;
        }
    }

    public static DirectoryMessage? Read(WireReader reader, string manifest, UniqueAddress from) => manifest switch
    {
        "DT" => new TermWanted(from, (ulong)reader.Long()),
        "DQ" => new ReportWanted(from, (ulong)reader.Long(), reader.Long(), reader.Int()),
        "DR" => new Report(from, reader.Long(), reader.Int(), reader.Bool(), Many(
            reader, static each => new ReportedSession(SessionForm.ReadKey(each), each.Long(), each.Bool()))),
        "DC" => new Claims(from, reader.Long(), Many(reader, static each => new SessionClaim(SessionForm.ReadKey(each), each.Long(), each.Long()))),
        "DG" => new Grants(from, reader.Long(), Many(reader, static each => new Grant(
            SessionForm.ReadKey(each), each.Long(), each.Long(), each.Bool() ? NodeForm.Read(each) : null))),
        "DS" => new Settled(from, reader.Long(), SettledSessions(reader)),
        "DH" => new SettledHeard(from, SettledSessions(reader)),
        "DE" => new Ended(from, reader.Long(), KeyEpochs(reader)),
        "DX" => new Superseded(from, reader.Long(), KeyEpochs(reader)),
        "DF" => new Fetch(from, SessionForm.ReadKey(reader), reader.Long(), reader.OptionalText(), reader.Bool(), reader.Int()),
        "DP" => new SessionPart(
            from, SessionForm.ReadKey(reader), reader.Long(), (FetchAnswer)reader.Byte(), reader.Int(), reader.Int(), reader.Bytes()),
        "DD" => new Fetched(from, SessionForm.ReadKey(reader), reader.Long()),
        "DL" => new HandOver(from, Many(reader, SessionForm.ReadKey)),
        "DO" => new Forgotten(from, SessionForm.ReadKey(reader), reader.Long()),
        _ => null,
    };

    private static void Write(WireWriter writer, SettledSession[] sessions)
    {
        writer.UInt((uint)sessions.Length);
        foreach (var (key, epoch, isTaken) in sessions)
        {
            SessionForm.Write(writer, key);
            writer.Long(epoch);
            writer.Bool(isTaken);
        }
    }

    private static void Write(WireWriter writer, KeyEpoch[] sessions)
    {
        writer.UInt((uint)sessions.Length);
        foreach (var (key, epoch) in sessions)
        {
            SessionForm.Write(writer, key);
            writer.Long(epoch);
        }
    }

    private static SettledSession[] SettledSessions(WireReader reader) =>
        Many(reader, static each => new SettledSession(SessionForm.ReadKey(each), each.Long(), each.Bool()));

    private static KeyEpoch[] KeyEpochs(WireReader reader) => Many(reader, static each => new KeyEpoch(SessionForm.ReadKey(each), each.Long()));

    private static T[] Many<T>(WireReader reader, Func<WireReader, T> read)
    {
        var many = new T[reader.Count()];
        for (var at = 0; at < many.Length; at++)
            many[at] = read(reader);
        return many;
    }
}

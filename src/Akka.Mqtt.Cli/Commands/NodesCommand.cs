using System.CommandLine;
using System.Globalization;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Commands;

/// <summary><c>akka-mqtt nodes</c>: the nodes of a cluster, and draining one.</summary>
internal static class NodesCommand
{
    public static Command Create()
    {
        var drain = new Option<string?>("--drain") { HelpName = "node", Description = "Drain this node, which is named as in the list: it disconnects its clients and hands its sessions over to the other nodes. It accepts no clients until it is started again. Default: list the nodes." };
        var (command, run) = AdminCommands.Start("nodes", "List the nodes of a cluster: address, state, clients, messages received and sent a second, memory load.");
        command.Options.Add(drain);
        run(async (parsed, api, output) =>
        {
            if (parsed.GetValue(drain) is { } node)
            {
                var answer = await api.PostAsync<DrainAnswer>("nodes/drain", new DrainRequest(node)).ConfigureAwait(false);
                output.Write(answer, () => $"{LogText.Escape(node)} {(answer.Begun ? "drains" : "already drains, or could not be reached")}");
                return;
            }
            foreach (var each in (await api.GetAsync<NodesAnswer>("nodes").ConfigureAwait(false)).Nodes)
                output.Write(each, () => LineOf(each));
        });
        return command;
    }

    private static string LineOf(NodeAnswer node) => node.Figures is { } figures
        ? string.Create(
            CultureInfo.InvariantCulture, $"{node.Node}\t{node.State}\t{figures.Clients}\t{figures.MessagesReceivedPerSecond:0}\t{figures.MessagesSentPerSecond:0}\t{figures.LoadLevel}")
        : $"{node.Node}\t{node.State}\t-\t-\t-\t-";
}

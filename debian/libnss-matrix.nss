# SPDX-License-Identifier: LGPL-2.1-or-later
hosts before=dns,resolve matrix [!UNAVAIL=return]
